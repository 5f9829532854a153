import { describe, expect, it } from "vitest";
import { simulateSeed } from "./simulate-seed.ts";

describe("simulateSeed", () => {
  it("runs the same way for the same seed, message by message, with and without a log", () => {
    const first = simulateSeed(7, { recordLog: true });
    const second = simulateSeed(7);
    expect(second.hash).toBe(first.hash);
    expect({ ...second, log: [] }).toEqual({ ...first, log: [] });
    expect(first.log.length).toBeGreaterThan(50);
    expect(second.log).toEqual([]);
  });

  it("runs another way for another seed", () => {
    const hashes = Array.from({ length: 5 }, (_, seed) => simulateSeed(seed, { chaosMs: 5_000 }).hash);
    expect(new Set(hashes).size).toBe(5);
  });

  it.each([1_023, 4_543])(
    "checks cluster %i only after messages that were late on a slow link have arrived",
    (seed) => {
      expect(simulateSeed(seed, { replicate: "counts" }).brokenPromise).toBeUndefined();
    },
  );

  it("keeps every promise through all faults", { timeout: 900_000 }, () => {
    const faultCounts = new Map<string, number>();
    let deliveries = 0;
    for (let seed = 1; seed <= 120; seed++) {
      const report = simulateSeed(seed);
      expect.soft(report.brokenPromise, `npm run simulate -- --seed ${seed}`).toBeUndefined();
      deliveries += report.deliveries;
      for (const [fault, count] of Object.entries(report.faults)) {
        faultCounts.set(fault, (faultCounts.get(fault) ?? 0) + count);
      }
    }
    expect(deliveries).toBeGreaterThan(100_000);
    for (const [fault, count] of faultCounts) expect(count, fault).toBeGreaterThan(10);
  });
});
