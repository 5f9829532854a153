/** Runs clusters in which everything goes wrong. `npm run simulate` says how to ask. */
import { Progress } from "../../scripts/progress.ts";
import { simulateSeed } from "./chaos/simulate-seed.ts";
import { figuresTable } from "./figures.ts";
import { runSeeds } from "./run-seeds.ts";
import { SeedsSummary } from "./seeds-summary.ts";
import { readOptions, type SimulateCommand } from "./simulate-options.ts";

const USAGE = `Usage: npm run simulate -- [--seeds N] [--from S] [--workers N]
       npm run simulate -- --seed S
       npm run simulate -- --figures

  --seeds    how many clusters, each decided by a seed, in place of 200
  --from     the first seed, in place of 1
  --workers  how many processes, in place of 2
  --seed     replays one, and tells what happened
  --figures  how long things take and what they cost, for 3, 10 and 50 nodes

Exits 1 when a promise was broken, and, from 2 000 seeds on, when a fault struck fewer than 100 times.`;

const options = optionsOrUsage();
if (options === undefined) process.exitCode = 1;
else if (options.command === "figures") console.log(figuresTable());
else if (options.command === "replay") replay(options.seed);
else await runAll(options);

function optionsOrUsage(): SimulateCommand | undefined {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return undefined;
  }
}

async function runAll(asked: Extract<SimulateCommand, { command: "seeds" }>): Promise<void> {
  const total = new SeedsSummary();
  const startedAt = performance.now();
  const progress = new Progress("simulate", { of: asked.count, unit: "seeds" });
  progress.at(0);
  await runSeeds(asked, (report) => {
    total.add(report);
    progress.at(total.seeds, `${total.failures.length} failed`);
  });
  progress.end();
  for (const line of total.lines(performance.now() - startedAt, asked.workers)) console.log(line);
  if (total.failures.length > 0 || total.rareFaults.length > 0) process.exitCode = 1;
}

function replay(seed: number): void {
  const { log, brokenPromise, hash } = simulateSeed(seed, { recordLog: true });
  for (const line of log) console.log(line);
  console.log(`\nStory ${hash}`);
  if (brokenPromise !== undefined) {
    console.log(brokenPromise);
    process.exitCode = 1;
  }
  console.log(brokenPromise === undefined ? "1 passed, 0 failed" : "0 passed, 1 failed");
}
