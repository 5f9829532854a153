import assert from "node:assert/strict";
import fc from "fast-check";
import { expect, it } from "vitest";
import { PresenceSet } from "../../src/crdt/index.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";

/** So many come, and then so many of those who are there go: the row of a topic grows, has holes, and is closed up. */
const wave = fc.record({
  come: fc.integer({ min: 0, max: 40 }),
  go: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 60, size: "max" }),
});
const waves = fc.array(wave, { minLength: 6, maxLength: 6, size: "max" });

it("lists a topic as a plain array would that each is appended to and taken out of, whoever comes and goes", () => {
  let gone = 0;
  fc.assert(
    fc.property(waves, (waves) => {
      const set = new PresenceSet({ replica: "tokyo" });
      const model: string[] = [];
      let owner = 0;
      for (const { come, go } of waves) {
        for (let comer = 0; comer < come; comer++) {
          set.join(++owner, "lobby", `guest ${owner}`, {});
          model.push(`guest ${owner}`);
        }
        for (const place of go.slice(0, model.length)) {
          const [key] = model.splice(Math.floor(place * model.length), 1);
          set.leave(Number(key!.slice("guest ".length)), "lobby", key!);
          gone++;
        }
        assert.deepEqual(
          set.list("lobby").map(([key]) => key),
          model,
        );
        assert.equal(set.count("lobby"), model.length);
      }
      assert.equal(set.keyCount("lobby"), model.length);
    }),
    { numRuns: PROPERTY_RUNS },
  );
  expect(gone).toBeGreaterThan(PROPERTY_RUNS * 20);
});
