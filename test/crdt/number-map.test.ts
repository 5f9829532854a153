import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NumberMap } from "../../src/crdt/number-map.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";

/** Numbers that fill whole pages, and numbers beyond 32 bits. */
const numbers = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 2 ** 40, max: 2 ** 40 + 70 }));
const calls = fc.array(fc.record({ number: numbers, isSet: fc.boolean() }), {
  minLength: 200,
  maxLength: 200,
  size: "max",
});

describe("NumberMap, compared with a plain Map", () => {
  it("holds the values that were set and not deleted", () => {
    fc.assert(
      fc.property(calls, (calls) => {
        const map = new NumberMap<number>();
        const model = new Map<number, number>();
        for (const [value, { number, isSet }] of calls.entries()) {
          if (isSet) {
            map.set(number, value);
            model.set(number, value);
          } else {
            map.delete(number);
            model.delete(number);
          }
          assert.equal(map.get(number), model.get(number));
          assert.equal(map.size, model.size);
        }
        for (const { number } of calls) assert.equal(map.get(number), model.get(number));
        assert.deepEqual(rising(map.values()), rising([...model.values()]));
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("returns its values by rising number if the numbers were added in rising order", () => {
    const map = new NumberMap<string>();
    for (let number = 1; number <= 100; number++) map.set(number, `alice ${number}`);
    map.delete(50);
    const values = map.values();
    expect(values).toHaveLength(99);
    expect(values.slice(47, 50)).toEqual(["alice 48", "alice 49", "alice 51"]);
  });
});

function rising(values: readonly number[]): number[] {
  return [...values].sort((one, other) => one - other);
}
