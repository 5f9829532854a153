import assert from "node:assert/strict";
import fc from "fast-check";
import { Presence } from "phoenix";
import * as vulnerable from "phoenix-1.8.8";
import { describe, expect, it } from "vitest";
import {
  createCountStore,
  createPresenceStore,
  list,
  noPresences,
  PresenceClient,
  type PresenceEntry,
  type PresenceState,
  presenceReducer,
  type ReducedPresences,
  syncCounts,
  syncDiff,
  syncState,
} from "../../src/client/index.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { FakeChannel } from "./fake-channel.ts";

/** All that every object inherits, what JSON and promises look for, and keys that objects list first. */
const KEYS = [
  ...Object.getOwnPropertyNames(Object.prototype),
  "toJSON",
  "then",
  "metas",
  "length",
  "0",
  "10",
];

const entryOf = (...refs: string[]): PresenceEntry => ({ metas: refs.map((phx_ref) => ({ phx_ref })) });
const stateOf = (entries: Iterable<readonly [string, PresenceEntry]>): PresenceState =>
  // Reads __proto__ as a key, as JSON.parse does, and an assignment does not.
  JSON.parse(`{${[...entries].map(([key, entry]) => `${JSON.stringify(key)}:${JSON.stringify(entry)}`)}}`);

describe.each(KEYS)("the key %s", (key) => {
  it("joins, updates and leaves like any other, in every kind of client", () => {
    const channel = new FakeChannel();
    channel.rejoin();
    const client = new PresenceClient(channel);
    const calls: unknown[] = [];
    client.onJoin((joined, current) => calls.push(["join", joined, current?.metas.length]));
    client.onLeave((left, { metas }) => calls.push(["leave", left, metas.length]));
    const store = createPresenceStore();
    let reduced: ReducedPresences = noPresences;
    let state: PresenceState = {};
    const receive = (event: string, payload: object) => {
      channel.push(event, payload);
      store.receive(JSON.stringify({ event, payload }));
      reduced = presenceReducer(reduced, { event, payload });
      state =
        event === "presence_state"
          ? syncState(state, payload as PresenceState)
          : syncDiff(state, payload as never);
    };
    const shown = () =>
      [client.state, store.getSnapshot(), reduced.presences, state].map((each) =>
        JSON.stringify(Object.entries(each)),
      );
    const expectShown = (...refs: string[]) =>
      expect(shown()).toEqual(Array(4).fill(JSON.stringify(refs.length ? [[key, entryOf(...refs)]] : [])));

    receive("presence_state", {});
    receive("presence_diff", { joins: {}, leaves: stateOf([[key, entryOf("r0")]]) });
    expectShown();
    receive("presence_diff", { joins: stateOf([[key, entryOf("r1")]]), leaves: {} });
    expectShown("r1");
    receive("presence_diff", {
      joins: stateOf([[key, entryOf("r2")]]),
      leaves: stateOf([[key, entryOf("r1")]]),
    });
    expectShown("r2");
    receive("presence_state", stateOf([[key, entryOf("r2", "r3")]]));
    expectShown("r2", "r3");
    receive("presence_state", {});
    expectShown();
    expect(calls).toEqual([
      ["join", key, undefined],
      ["join", key, 1],
      ["leave", key, 1],
      ["join", key, 1],
      ["leave", key, 0],
    ]);
  });

  it("is counted like any other", () => {
    const counts = (count: number): Record<string, { count: number }> =>
      JSON.parse(`{${JSON.stringify(key)}:{"count":${count}}}`);
    const store = createCountStore();
    store.receive({ event: "presence_state", payload: {} });
    store.receive({ event: "presence_diff", payload: { joins: counts(3), leaves: {} } });
    store.receive({ event: "presence_diff", payload: { joins: {}, leaves: counts(1) } });
    expect(Object.entries(store.getSnapshot()!)).toEqual([[key, { count: 2 }]]);
    expect(syncCounts({}, { joins: {}, leaves: {} })).toEqual({});
  });

  it("shows the same as in the official client of today", () => {
    const channel = new FakeChannel();
    channel.rejoin();
    const [official, client] = [new Presence(channel.asPhoenix()), new PresenceClient(channel)];
    channel.push("presence_state", {});
    channel.push("presence_diff", { joins: {}, leaves: stateOf([[key, entryOf("r0")]]) });
    channel.push("presence_diff", { joins: stateOf([[key, entryOf("r1")]]), leaves: {} });
    expect(client.list((name) => name)).toEqual(official.list((name: string) => name));
  });
});

it.each(["constructor", "toString", "hasOwnProperty", "__proto__"])(
  "the key %s makes the official client up to 1.8.8 lose a diff (CVE-2026-56812), and not this one",
  (key) => {
    const channel = new FakeChannel();
    channel.rejoin();
    const client = new PresenceClient(channel);
    const official: Presence = new vulnerable.Presence(channel.asPhoenix());
    channel.push("presence_state", { alice: entryOf("a1") });
    const joins = stateOf([
      [key, entryOf("k1")],
      ["bob", entryOf("b1")],
    ]);
    expect(() => channel.push("presence_diff", { joins, leaves: {} })).toThrow(TypeError);
    expect(client.list((name) => name)).toEqual(["alice", key, "bob"]);
    expect(official.list((name: string) => name)).not.toContain("bob");
  },
);

it("every state that a client gives is an ordinary object, whatever its keys, with keys as own properties", () => {
  const keys = fc.uniqueArray(fc.oneof(fc.constantFrom(...KEYS), fc.string()), { maxLength: 8 });
  fc.assert(
    fc.property(keys, keys, (first, second) => {
      const payload = stateOf(first.map((key, at) => [key, entryOf(`a${at}`)]));
      const diff = { joins: stateOf(second.map((key, at) => [key, entryOf(`b${at}`)])), leaves: {} };
      const store = createPresenceStore();
      store.receive({ event: "presence_state", payload });
      store.receive({ event: "presence_diff", payload: diff });
      const reduced = presenceReducer(presenceReducer(undefined, { type: "presence_state", payload }), {
        type: "presence_diff",
        payload: diff,
      });
      const expected = new Set([...Object.keys(payload), ...Object.keys(diff.joins)]);
      for (const state of [
        store.getSnapshot(),
        store.client.state,
        reduced.presences,
        syncDiff(syncState({}, payload), diff),
        createPresenceStore().getSnapshot(),
        noPresences.presences,
      ]) {
        assertOrdinary(state);
      }
      for (const state of [store.getSnapshot(), reduced.presences]) {
        assert.deepEqual(new Set(Object.keys(state)), expected);
        assert.equal(list(state).length, expected.size);
        assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
        for (const key of expected) {
          assert.deepEqual(Object.getOwnPropertyDescriptor(state, key), {
            value: state[key],
            writable: true,
            enumerable: true,
            configurable: true,
          });
        }
      }
    }),
    { numRuns: PROPERTY_RUNS },
  );
});

it("counts are ordinary objects", () => {
  const store = createCountStore();
  store.receive('{"event":"presence_state","payload":{"__proto__":{"count":2}}}');
  const first = store.getSnapshot()!;
  store.receive('{"event":"presence_diff","payload":{"joins":{"__proto__":{"count":1}},"leaves":{}}}');
  for (const counts of [first, store.getSnapshot()!]) assertOrdinary(counts);
  expect([Object.values(first), Object.values(store.getSnapshot()!)]).toEqual([
    [{ count: 2 }],
    [{ count: 3 }],
  ]);
});

/** As React requires it of the props of Client Components: the same at any depth. */
function assertOrdinary(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const prototype = Array.isArray(value) ? Array.prototype : Object.prototype;
  assert.equal(Object.getPrototypeOf(value), prototype);
  for (const part of Object.values(value)) assertOrdinary(part);
}
