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

const key = fc.constantFrom("alice", "bob", "carol", "__proto__");
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("join" as const), key }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("leave" as const), key }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("count" as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("list" as const), key }) },
);
const steps = fc.array(step, { minLength: 40, maxLength: 40, size: "max" });

it("counts and lists by key like plain lists, whichever comes first", () => {
  let leaveCount = 0;
  fc.assert(
    fc.property(steps, (steps) => {
      const set = new PresenceSet({ replica: "tokyo" });
      const model = new Map<string, number[]>();
      const ownersOf = (key: string) => model.get(key) ?? [];
      for (const [at, { kind, key }] of steps.entries()) {
        if (kind === "join") {
          set.join(at, "lobby", key, { at });
          model.set(key, [...ownersOf(key), at]);
        } else if (kind === "leave") {
          const [first, ...others] = ownersOf(key);
          if (first === undefined) continue;
          set.leave(first, "lobby", key);
          model.set(key, others);
          leaveCount++;
        } else if (kind === "count") {
          assert.equal(set.count("lobby", key), ownersOf(key).length);
          const keys = Array.from(model.values()).filter((owners) => owners.length > 0);
          assert.equal(set.keyCount("lobby"), keys.length);
        } else {
          assert.deepEqual(
            set.getByKey("lobby", key).map((meta) => meta["at"]),
            ownersOf(key),
          );
        }
      }
    }),
    { numRuns: PROPERTY_RUNS },
  );
  expect(leaveCount).toBeGreaterThan(PROPERTY_RUNS * 2);
});
