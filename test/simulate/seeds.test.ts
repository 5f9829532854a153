import { expect, it } from "vitest";
import { simulateSeed } from "./chaos/simulate-seed.ts";

/** `npm run mutants` runs more seeds. */
const SEEDS = Number(process.env["ROLLCALL_SEEDS"] ?? 20);

it("keeps every promise, seed after seed", () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { brokenPromise } = simulateSeed(seed);
    if (brokenPromise !== undefined) expect.fail(`found by seed ${seed} of ${SEEDS}: ${brokenPromise}`);
  }
}, 900_000);
