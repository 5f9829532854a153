import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { State } from "../../src/payload.ts";
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
  it("are exactly as long as asked for", () => {
    for (const [history] of fc.sample(fc.tuple(histories()), 50)) expect(history).toHaveLength(100);
    for (const [history] of fc.sample(fc.tuple(histories({ length: 7 })), 50))
      expect(history).toHaveLength(7);
  });

  it("shrink to the few events that matter", () => {
    const nobodyUpdates = fc.property(
      histories(),
      (history) => !playHistory(history).happened.some(({ kind }) => kind === "update"),
    );
    const { failed, counterexample } = fc.check(nobodyUpdates, { numRuns: 100, seed: 1 });
    expect(failed).toBe(true);
    expect(counterexample![0].length).toBeLessThanOrEqual(2);
  });
});

describe("diffs", () => {
  it("replay to what is listed after each, and have everything in them that a listener must stand", () => {
    const met = new Map<string, number>();
    const meet = (what: string, isMet: boolean) => met.set(what, (met.get(what) ?? 0) + Number(isMet));
    fc.assert(
      fc.property(diffs(), (steps) => {
        const refs = new Set<string>();
        for (const { diff, cause, states } of steps) {
          for (const { joins, leaves } of diff.values()) {
            for (const ref of refsOf(leaves)) assert(refs.delete(ref), "who leaves was there");
            for (const ref of refsOf(joins)) {
              assert(!refs.has(ref), "who joins was not there");
              refs.add(ref);
            }
            meet(
              "update",
              Object.keys(leaves).some((key) => joins[key]?.metas[0]?.phx_ref_prev !== undefined),
            );
            meet("key named as a prototype's member", Object.hasOwn(joins, "constructor"));
          }
          const listed = [...states.values()].flatMap(refsOf);
          assert.deepEqual([...refs].sort(), listed.sort());
          meet(cause, true);
          meet("several topics", diff.size > 1);
          meet(
            "several devices",
            [...states.values()].some((state) => hasSeveral(state)),
          );
        }
      }),
      { numRuns },
    );
    for (const [what, count] of met) expect(count, what).toBeGreaterThan(0);
  });
});

describe("presenceStreams", () => {
  it("begin with a state, and say after each message who must be shown", () => {
    const met = { state: 0, diff: 0, "another state": 0 };
    fc.assert(
      fc.property(presenceStreams(), (stream) => {
        let refs = new Set<string>();
        for (const [at, { message, state }] of stream.entries()) {
          refs = reduceRefs(refs, message);
          assert.deepEqual([...refs].sort(), refsOf(state).sort());
          if (at === 0) assert.equal(message.event, "presence_state");
          if (message.event === "presence_diff") met.diff++;
          else met[at === 0 ? "state" : "another state"]++;
        }
      }),
      { numRuns },
    );
    for (const [what, count] of Object.entries(met)) expect(count, what).toBeGreaterThan(0);
  });

  it("find a reducer that takes one device's leave for the whole person's, and show it in a few messages", () => {
    const keepsWhoHasAnotherDevice = fc.property(presenceStreams({ length: 30 }), (stream) => {
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
    const { failed, counterexample } = fc.check(keepsWhoHasAnotherDevice, { numRuns: 200, seed: 1 });
    expect(failed).toBe(true);
    expect(counterexample![0].length).toBeLessThanOrEqual(6);
  });

  it("give a reducer nothing by which it could change what is demanded of it", () => {
    fc.assert(
      fc.property(presenceStreams({ length: 20 }), ([first]) => {
        const { message, state } = first!;
        const demanded = JSON.stringify(state);
        if (message.event === "presence_diff") return;
        for (const [key, { metas }] of Object.entries(message.payload)) {
          metas.length = 0;
          delete message.payload[key];
        }
        assert.equal(JSON.stringify(state), demanded);
      }),
      { numRuns },
    );
  });

  it("carry metas and keys of one's own", () => {
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

it("names and metas are of any kind, never an empty name, never a meta that is no JSON object", () => {
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
