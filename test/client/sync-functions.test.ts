import { describe, expect, it } from "vitest";
import { list, type PresenceEntry, type PresenceState, syncDiff, syncState } from "../../src/client/index.ts";
import type { State } from "../../src/payload.ts";

const entryOf = (...refs: string[]): PresenceEntry => ({ metas: refs.map((phx_ref) => ({ phx_ref })) });
const refsOf = (state: PresenceState) =>
  list(state, (key, { metas }) => `${key}: ${metas.map(({ phx_ref }) => phx_ref).join(" ")}`.trim());

const lobby = { alice: entryOf("a1"), bob: entryOf("b1", "b2") };
const empty = {};

describe("syncDiff", () => {
  it("appends joined metas to the present ones, and removes those that left", () => {
    const diff = { joins: { alice: entryOf("a2"), carol: entryOf("c1") }, leaves: { bob: entryOf("b1") } };
    expect(refsOf(syncDiff(lobby, diff))).toEqual(["alice: a1 a2", "bob: b2", "carol: c1"]);
  });

  it("removes a key with its last meta", () => {
    expect(refsOf(syncDiff(lobby, { joins: {}, leaves: { alice: entryOf("a1") } }))).toEqual(["bob: b1 b2"]);
  });

  it("applies an update as a join and a leave of a key, which is never absent in between", () => {
    const calls: string[] = [];
    const diff = { joins: { alice: entryOf("a2") }, leaves: { alice: entryOf("a1") } };
    const state = syncDiff(
      lobby,
      diff,
      (key, current, joined) => calls.push(`join ${refsOf({ [key]: current!, joined })}`),
      (key, current, left) => calls.push(`leave ${refsOf({ [key]: current, left })}`),
    );
    expect(calls).toEqual(["join alice: a1,joined: a2", "leave alice: a2,left: a1"]);
    expect(refsOf(state)).toEqual(["alice: a2", "bob: b1 b2"]);
  });

  it("applies the same join once, however often it arrives, also in one message", () => {
    const diff = { joins: { alice: entryOf("a2", "a2") }, leaves: {} };
    expect(refsOf(syncDiff(syncDiff(lobby, diff), diff))).toEqual(["alice: a1 a2", "bob: b1 b2"]);
  });

  it("keeps the members that a projection adds, from the latest join", () => {
    const state = { alice: { ...entryOf("a1"), user: "Alice" } };
    const diff = { joins: { alice: { ...entryOf("a2"), user: "Alice B." } }, leaves: {} };
    expect(syncDiff(state, diff)).toEqual({ alice: { ...entryOf("a1", "a2"), user: "Alice B." } });
  });

  it("returns the same state when the diff changes nothing", () => {
    for (const leaves of [empty, { dora: entryOf("d1") }, { alice: entryOf("a0") }]) {
      expect(syncDiff(lobby, { joins: {}, leaves })).toBe(lobby);
    }
  });

  it("returns a new state that shares the entries that the diff does not name", () => {
    const state = syncDiff(lobby, { joins: { carol: entryOf("c1") }, leaves: { bob: entryOf("b7") } });
    expect(state).not.toBe(lobby);
    expect([state["alice"], state["bob"]]).toEqual([lobby.alice, lobby.bob]);
    expect(state["alice"] === lobby.alice && state["bob"] === lobby.bob).toBe(true);
  });

  it("copies joined entries, so that later changes to the message do no harm", () => {
    const joins = { carol: { metas: [{ phx_ref: "c1" }] } };
    const state = syncDiff(lobby, { joins, leaves: {} });
    joins.carol.metas.length = 0;
    expect(refsOf(state)).toContain("carol: c1");
  });
});

describe("syncState", () => {
  it("reports joins and leaves, and keeps all other metas", () => {
    const calls: string[] = [];
    const fresh = { bob: entryOf("b2", "b3"), carol: entryOf("c1") };
    const state = syncState(
      lobby,
      fresh,
      (key, current, joined) =>
        calls.push(`join ${key}, ${current?.metas.length ?? 0} + ${joined.metas.length}`),
      (key, current, left) => calls.push(`leave ${key}, ${current.metas.length} after ${left.metas.length}`),
    );
    expect(calls).toEqual([
      "join bob, 2 + 1",
      "join carol, 0 + 1",
      "leave alice, 0 after 1",
      "leave bob, 2 after 1",
    ]);
    expect(refsOf(state)).toEqual(["bob: b2 b3", "carol: c1"]);
  });

  it("returns the same state for an equal one, without callbacks", () => {
    const callback = () => expect.unreachable();
    expect(syncState(lobby, structuredClone(lobby), callback, callback)).toBe(lobby);
  });
});

describe("keys with the names of object members", () => {
  const state: PresenceState = JSON.parse('{"__proto__":{"metas":[{"phx_ref":"p1"}]}}');

  it("work like any other key", () => {
    const joined = syncDiff(empty, { joins: { ...state, constructor: entryOf("k1") }, leaves: {} });
    expect(refsOf(joined)).toEqual(["__proto__: p1", "constructor: k1"]);
    expect(refsOf(syncState(empty, joined))).toEqual(["__proto__: p1", "constructor: k1"]);
    expect(refsOf(syncState(joined, empty))).toEqual([]);
    expect(syncDiff(joined, { joins: {}, leaves: { toString: entryOf("t1") } })).toBe(joined);
    expect(refsOf(syncDiff(joined, { joins: {}, leaves: state }))).toEqual(["constructor: k1"]);
  });

  it("are absent from a state that does not contain them", () => {
    expect(Object.hasOwn(syncState(lobby, { alice: entryOf("a1") }), "constructor")).toBe(false);
    expect(refsOf(syncState(lobby, { ...lobby, constructor: entryOf("k1") }))).toContain("constructor: k1");
  });
});

describe("list", () => {
  it("returns the entries, or the result of the callback for each", () => {
    expect(list(lobby)).toEqual([lobby.alice, lobby.bob]);
    expect(list(lobby, (key, { metas }) => key + metas.length)).toEqual(["alice1", "bob2"]);
  });
});

describe("the types", () => {
  it("accept and return the server's State and the entry of a projection", () => {
    const raw: State<{ device: string }> = { alice: { metas: [{ device: "phone", phx_ref: "a1" }] } };
    const synced: State<{ device: string }> = syncState(raw, raw);
    const devices: string[] = list(synced, (_, { metas }) => metas[0]!.device);
    const users: { user: string }[] = list(
      syncDiff({}, { joins: { alice: { ...entryOf("a1"), user: "Alice" } }, leaves: {} }),
    );
    expect([devices, users.map(({ user }) => user)]).toEqual([["phone"], ["Alice"]]);
  });
});
