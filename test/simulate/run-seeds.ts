import { fork } from "node:child_process";
import { bundle } from "../support/bundle.ts";
import type { SeedReport } from "./chaos/simulate-seed.ts";
import type { ReplicateMode, SimulateCommand } from "./simulate-options.ts";

/** The seeds that one process runs: every `step`th seed of a range. */
export interface SeedRange {
  readonly replicate: ReplicateMode;
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** Runs seeds in several processes. Calls `add` with each report, in any order. */
export async function runSeeds(
  { replicate, from, count, workers }: Omit<Extract<SimulateCommand, { command: "seeds" }>, "command">,
  add: (report: Omit<SeedReport, "log">) => void,
): Promise<void> {
  const ranges = Array.from({ length: Math.min(workers, count) }, (_, worker): SeedRange => {
    return { replicate, from: from + worker, to: from + count - 1, step: Math.min(workers, count) };
  });
  // A bundle runs a seed in a tenth less time than a loader that compiles each file.
  const program = await bundle(new URL("./seed-worker.ts", import.meta.url));
  try {
    await Promise.all(ranges.map((range) => runRange(program.path, range, add)));
  } finally {
    program.remove();
  }
}

function runRange(
  path: string,
  range: SeedRange,
  add: (report: Omit<SeedReport, "log">) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = fork(path, { execArgv: [] });
    worker.on("message", (report: Omit<SeedReport, "log">) => add(report));
    worker.on("error", reject);
    worker.on("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`A process that ran seeds exited with ${code}. Its output is above.`));
    });
    worker.send(range);
  });
}
