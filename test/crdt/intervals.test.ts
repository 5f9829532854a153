import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Intervals } from "../../src/crdt/index.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";

const ranges = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(6)), { maxLength: 30, size: "max" });

/** The same numbers as `Intervals` and as a plain `Set`. */
function both(ranges: readonly (readonly [number, number])[]): { intervals: Intervals; model: Set<number> } {
  const intervals = Intervals.empty();
  const model = new Set<number>();
  for (const [low, length] of ranges) {
    intervals.addRange(low, low + length);
    for (let number = low; number <= low + length; number++) model.add(number);
  }
  return { intervals, model };
}

function assertSame(intervals: Intervals, model: ReadonlySet<number>): void {
  const numbers = [...intervals].flatMap(([low, high]) =>
    Array.from({ length: high - low + 1 }, (_, at) => low + at),
  );
  assert.deepEqual(
    numbers,
    [...model].sort((one, other) => one - other),
  );
  assert.equal(intervals.size, model.size);
  assert.equal(intervals.isEmpty, model.size === 0);
  assert.equal(intervals.max, Math.max(0, ...model));
  for (let number = 0; number <= 70; number++) assert.equal(intervals.has(number), model.has(number));
  const list = [...intervals];
  assert.equal(intervals.runs, list.length);
  assert(
    list.every(([low], at) => at === 0 || low > list[at - 1]![1] + 1),
    "the intervals rise, and do not touch",
  );
}

describe("Intervals, compared with a plain Set", () => {
  it("hold the numbers that were added, in as few intervals as possible", () => {
    fc.assert(
      fc.property(ranges, (some) => {
        const { intervals, model } = both(some);
        assertSame(intervals, model);
        assertSame(Intervals.of([...model].reverse()), model);
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("unite, subtract, compare and cover", () => {
    fc.assert(
      fc.property(ranges, ranges, (some, others) => {
        const [one, other] = [both(some), both(others)];
        const difference = [...one.model].filter((number) => !other.model.has(number));
        assertSame(one.intervals.without(other.intervals), new Set(difference));
        assert.equal(other.intervals.covers(one.intervals), difference.length === 0);
        assert.equal(
          one.intervals.equals(other.intervals),
          difference.length === 0 && one.model.size === other.model.size,
        );
        const union = one.intervals.copy();
        union.addAll(other.intervals);
        assertSame(union, new Set([...one.model, ...other.model]));
        assertSame(one.intervals, one.model);
        assertSame(other.intervals, other.model);
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("unite many intervals with many others in one pass", () => {
    const odd = Intervals.of(Array.from({ length: 500 }, (_, at) => at * 4 + 1));
    const even = Intervals.of(Array.from({ length: 500 }, (_, at) => at * 4 + 2));
    odd.addAll(even);
    expect(odd.runs).toBe(500);
    expect(odd.size).toBe(1_000);
  });

  it("are empty for a range that ends before it starts", () => {
    expect(Intervals.range(1, 0).isEmpty).toBe(true);
  });
});
