import assert from "node:assert/strict";
import fc from "fast-check";
import { expect, it } from "vitest";
import { PresenceSet } from "../../src/crdt/index.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";

/** A number of joins, then the leaves: the list of a topic grows, gets empty slots, and is compacted. */
const wave = fc.record({
  joins: fc.integer({ min: 0, max: 40 }),
  leaves: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
    maxLength: 60,
    size: "max",
  }),
});
const waves = fc.array(wave, { minLength: 6, maxLength: 6, size: "max" });

it("lists a topic like a plain array to which joins are appended and from which leaves are removed", () => {
  let leaveCount = 0;
  fc.assert(
    fc.property(waves, (waves) => {
      const set = new PresenceSet({ replica: "tokyo" });
      const model: string[] = [];
      let owner = 0;
      for (const { joins, leaves } of waves) {
        for (let joined = 0; joined < joins; joined++) {
          set.join(++owner, "lobby", `guest ${owner}`, {});
          model.push(`guest ${owner}`);
        }
        for (const share of leaves.slice(0, model.length)) {
          const [key] = model.splice(Math.floor(share * model.length), 1);
          set.leave(Number(key!.slice("guest ".length)), "lobby", key!);
          leaveCount++;
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
  expect(leaveCount).toBeGreaterThan(PROPERTY_RUNS * 20);
});
