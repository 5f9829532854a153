import { expect, it } from "vitest";
import { simulateSeed } from "./chaos/simulate-seed.ts";

/** `npm run mutants` runs more seeds. */
const SEEDS = Number(process.env["ROLLCALL_SEEDS"] ?? 20);

it("keeps every promise, seed after seed", () => runSeeds("presences"), 900_000);

it("keeps every promise about counts, seed after seed", () => runSeeds("counts"), 900_000);

function runSeeds(replicate: "presences" | "counts"): void {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { brokenPromise } = simulateSeed(seed, { replicate });
    if (brokenPromise !== undefined) expect.fail(`found by seed ${seed} of ${SEEDS}: ${brokenPromise}`);
  }
}
