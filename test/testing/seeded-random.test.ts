import { describe, expect, it } from "vitest";
import { seededRandom } from "../../src/testing/seeded-random.ts";

function take(count: number, random: () => number): number[] {
  return Array.from({ length: count }, () => random());
}

describe("seededRandom", () => {
  it("gives the same numbers for the same seed", () => {
    expect(take(50, seededRandom(7))).toEqual(take(50, seededRandom(7)));
  });

  it("gives other numbers for every other seed, however close or large", () => {
    const firsts = [0, 1, 2, 3, 2 ** 32, 2 ** 32 + 1, 2 ** 33].map((seed) =>
      take(5, seededRandom(seed)).join(),
    );
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it("gives numbers from 0 to 1, evenly distributed", () => {
    const buckets = new Array<number>(10).fill(0);
    for (const number of take(100_000, seededRandom(1))) buckets[Math.floor(number * 10)]!++;
    for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});
