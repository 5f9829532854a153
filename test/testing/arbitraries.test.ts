import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MutableState, State } from "../../src/payload.ts";
import { histories } from "../../src/testing/arbitraries/histories.ts";
import {
  diffs,
  metas,
  names,
  type PresenceStreamMessage,
  presenceStreams,
} from "../../src/testing/arbitraries/index.ts";
import { playHistory } from "../../src/testing/arbitraries/play-history.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";

/** At least 50: the tests also demand that the rare cases occur. */
const numRuns = Math.max(50, Math.ceil(PROPERTY_RUNS / 5));

describe("histories", () => {
  it("have exactly the given length", () => {
    for (const [history] of fc.sample(fc.tuple(histories()), 50)) expect(history).toHaveLength(100);
    for (const [history] of fc.sample(fc.tuple(histories({ length: 7 })), 50))
      expect(history).toHaveLength(7);
  });

  it("shrink to the few events that matter", () => {
    const withoutUpdates = fc.property(
      histories(),
      (history) => !playHistory(history).happened.some(({ kind }) => kind === "update"),
    );
    const { failed, counterexample } = fc.check(withoutUpdates, { numRuns: 100, seed: 1 });
    expect(failed).toBe(true);
    expect(counterexample![0].length).toBeLessThanOrEqual(2);
  });
});

describe("diffs", () => {
  it("replay to the listed states and contain every case that a listener has to handle", () => {
    const found = new Map<string, number>();
    const count = (what: string, isFound: boolean) =>
      found.set(what, (found.get(what) ?? 0) + Number(isFound));
    fc.assert(
      fc.property(diffs(), (steps) => {
        const refs = new Set<string>();
        for (const { diff, cause, states } of steps) {
          for (const { joins, leaves } of diff.values()) {
            for (const ref of refsOf(leaves)) assert(refs.delete(ref), "a ref that leaves was present");
            for (const ref of refsOf(joins)) {
              assert(!refs.has(ref), "a ref that joins was not present");
              refs.add(ref);
            }
            count(
              "update",
              Object.keys(leaves).some((key) => joins[key]?.metas[0]?.phx_ref_prev !== undefined),
            );
            count("key with the name of a prototype's member", Object.hasOwn(joins, "constructor"));
          }
          const listed = [...states.values()].flatMap(refsOf);
          assert.deepEqual([...refs].sort(), listed.sort());
          count(cause, true);
          count("several topics", diff.size > 1);
          count(
            "several devices",
            [...states.values()].some((state) => hasSeveral(state)),
          );
        }
      }),
      { numRuns },
    );
    for (const [what, times] of found) expect(times, what).toBeGreaterThan(0);
  });
});

describe("presenceStreams", () => {
  it("start with a state, and have the expected state after each message", () => {
    const found = { state: 0, diff: 0, "another state": 0 };
    fc.assert(
      fc.property(presenceStreams(), (stream) => {
        let refs = new Set<string>();
        for (const [at, { message, state }] of stream.entries()) {
          refs = reduceRefs(refs, message);
          assert.deepEqual([...refs].sort(), refsOf(state).sort());
          if (at === 0) assert.equal(message.event, "presence_state");
          if (message.event === "presence_diff") found.diff++;
          else found[at === 0 ? "state" : "another state"]++;
        }
      }),
      { numRuns },
    );
    for (const [what, count] of Object.entries(found)) expect(count, what).toBeGreaterThan(0);
  });

  it("find a reducer that removes a key when one of its devices leaves, and shrink to a few messages", () => {
    const removesKeyWithItsFirstDevice = fc.property(presenceStreams({ length: 30 }), (stream) => {
      const keys = new Set<string>();
      for (const { message, state } of stream) {
        if (message.event === "presence_state") keys.clear();
        const { joins, leaves } =
          message.event === "presence_state" ? { joins: message.payload, leaves: {} } : message.payload;
        for (const key of Object.keys(leaves)) keys.delete(key);
        for (const key of Object.keys(joins)) keys.add(key);
        assert.deepEqual([...keys].sort(), Object.keys(state).sort());
      }
    });
    const { failed, counterexample } = fc.check(removesKeyWithItsFirstDevice, { numRuns: 200, seed: 1 });
    expect(failed).toBe(true);
    expect(counterexample![0].length).toBeLessThanOrEqual(6);
  });

  it("give a reducer no way to change the expected state", () => {
    fc.assert(
      fc.property(presenceStreams({ length: 20 }), ([first]) => {
        const { message, state } = first!;
        const expected = JSON.stringify(state);
        if (message.event === "presence_diff") return;
        const payload = message.payload as MutableState;
        for (const [key, { metas }] of Object.entries(payload)) {
          metas.length = 0;
          delete payload[key];
        }
        assert.equal(JSON.stringify(state), expected);
      }),
      { numRuns },
    );
  });

  it("use the given metas and keys", () => {
    const options = { meta: fc.record({ typing: fc.boolean() }), keys: ["dave"] };
    fc.assert(
      fc.property(presenceStreams(options), (stream) => {
        for (const { state } of stream) {
          for (const [key, { metas }] of Object.entries(state)) {
            assert.equal(key, "dave");
            for (const { typing } of metas) assert.equal(typeof (typing satisfies boolean), "boolean");
          }
        }
      }),
      { numRuns: 20 },
    );
  });
});

it("names are never empty, and metas are always JSON objects", () => {
  fc.assert(
    fc.property(names(), metas(), (name, meta) => {
      assert(name.length > 0);
      assert.deepEqual(JSON.parse(JSON.stringify(meta)), meta);
    }),
  );
});

function refsOf(state: State): string[] {
  return Object.values(state).flatMap(({ metas }) => metas.map(({ phx_ref }) => phx_ref));
}

function hasSeveral(state: State): boolean {
  return Object.values(state).some(({ metas }) => metas.length > 1);
}

function reduceRefs(refs: ReadonlySet<string>, message: PresenceStreamMessage): Set<string> {
  if (message.event === "presence_state") return new Set(refsOf(message.payload));
  const { joins, leaves } = message.payload;
  return new Set([...refs, ...refsOf(joins)].filter((ref) => !refsOf(leaves).includes(ref)));
}
