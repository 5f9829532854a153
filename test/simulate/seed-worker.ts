import { simulateSeed } from "./chaos/simulate-seed.ts";
import type { SeedRange } from "./run-seeds.ts";

/** Runs the seeds of one process, and sends the report of each. */
process.once("message", async ({ replicate, from, to, step }: SeedRange) => {
  for (let seed = from; seed <= to; seed += step) {
    const { log, ...report } = simulateSeed(seed, { replicate });
    await new Promise((sent) => process.send!(report, sent));
  }
  process.disconnect();
});
