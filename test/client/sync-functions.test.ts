import { describe, expect, it } from "vitest";
import { list, type PresenceEntry, type PresenceState, syncDiff, syncState } from "../../src/client/index.ts";
import type { State } from "../../src/payload.ts";

const here = (...refs: string[]): PresenceEntry => ({ metas: refs.map((phx_ref) => ({ phx_ref })) });
const refsOf = (state: PresenceState) =>
  list(state, (key, { metas }) => `${key}: ${metas.map(({ phx_ref }) => phx_ref).join(" ")}`.trim());

const lobby = { alice: here("a1"), bob: here("b1", "b2") };
const nobody = {};

describe("syncDiff", () => {
  it("adds who joined behind who was there, and takes away who left", () => {
    const diff = { joins: { alice: here("a2"), carol: here("c1") }, leaves: { bob: here("b1") } };
    expect(refsOf(syncDiff(lobby, diff))).toEqual(["alice: a1 a2", "bob: b2", "carol: c1"]);
  });

  it("lets a key go with its last meta", () => {
    expect(refsOf(syncDiff(lobby, { joins: {}, leaves: { alice: here("a1") } }))).toEqual(["bob: b1 b2"]);
  });

  it("shows an update as a join and a leave of one key, never absent in between", () => {
    const calls: string[] = [];
    const diff = { joins: { alice: here("a2") }, leaves: { alice: here("a1") } };
    const state = syncDiff(
      lobby,
      diff,
      (key, current, joined) => calls.push(`join ${refsOf({ [key]: current!, joined })}`),
      (key, current, left) => calls.push(`leave ${refsOf({ [key]: current, left })}`),
    );
    expect(calls).toEqual(["join alice: a1,joined: a2", "leave alice: a2,left: a1"]);
    expect(refsOf(state)).toEqual(["alice: a2", "bob: b1 b2"]);
  });

  it("applies the same join once, however often it comes, also in one message", () => {
    const diff = { joins: { alice: here("a2", "a2") }, leaves: {} };
    expect(refsOf(syncDiff(syncDiff(lobby, diff), diff))).toEqual(["alice: a1 a2", "bob: b1 b2"]);
  });

  it("takes from an entry whatever a projection puts into it", () => {
    const state = { alice: { ...here("a1"), user: "Alice" } };
    const diff = { joins: { alice: { ...here("a2"), user: "Alice B." } }, leaves: {} };
    expect(syncDiff(state, diff)).toEqual({ alice: { ...here("a1", "a2"), user: "Alice B." } });
  });

  it("returns the very state it was given when the diff changes nothing", () => {
    for (const leaves of [nobody, { dora: here("d1") }, { alice: here("a0") }]) {
      expect(syncDiff(lobby, { joins: {}, leaves })).toBe(lobby);
    }
  });

  it("copies one level: an entry that the diff does not name is the same object", () => {
    const state = syncDiff(lobby, { joins: { carol: here("c1") }, leaves: { bob: here("b7") } });
    expect(state).not.toBe(lobby);
    expect([state["alice"], state["bob"]]).toEqual([lobby.alice, lobby.bob]);
    expect(state["alice"] === lobby.alice && state["bob"] === lobby.bob).toBe(true);
  });

  it("keeps an entry of its own of who joined: whoever else has the message may change it", () => {
    const joins = { carol: { metas: [{ phx_ref: "c1" }] } };
    const state = syncDiff(lobby, { joins, leaves: {} });
    joins.carol.metas.length = 0;
    expect(refsOf(state)).toContain("carol: c1");
  });
});

describe("syncState", () => {
  it("tells who is new and who is gone, and keeps who stayed", () => {
    const calls: string[] = [];
    const fresh = { bob: here("b2", "b3"), carol: here("c1") };
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

  it("returns the very state it was given for the same one once more, and tells nobody", () => {
    const tell = () => expect.unreachable();
    expect(syncState(lobby, structuredClone(lobby), tell, tell)).toBe(lobby);
  });
});

describe("keys that objects have of their own", () => {
  const state: PresenceState = JSON.parse('{"__proto__":{"metas":[{"phx_ref":"p1"}]}}');

  it("are keys like any other, there or not", () => {
    const joined = syncDiff(nobody, { joins: { ...state, constructor: here("k1") }, leaves: {} });
    expect(refsOf(joined)).toEqual(["__proto__: p1", "constructor: k1"]);
    expect(refsOf(syncState(nobody, joined))).toEqual(["__proto__: p1", "constructor: k1"]);
    expect(refsOf(syncState(joined, nobody))).toEqual([]);
    expect(syncDiff(joined, { joins: {}, leaves: { toString: here("t1") } })).toBe(joined);
    expect(refsOf(syncDiff(joined, { joins: {}, leaves: state }))).toEqual(["constructor: k1"]);
  });

  it("are not found on a state that lacks them", () => {
    expect(syncState(lobby, { alice: here("a1") })["constructor"]).toBeUndefined();
    expect(refsOf(syncState(lobby, { ...lobby, constructor: here("k1") }))).toContain("constructor: k1");
  });
});

describe("list", () => {
  it("gives the entries, or what is made of each", () => {
    expect(list(lobby)).toEqual([lobby.alice, lobby.bob]);
    expect(list(lobby, (key, { metas }) => key + metas.length)).toEqual(["alice1", "bob2"]);
  });
});

describe("types", () => {
  it("take the server's State and a projection's entry, and give them back", () => {
    const raw: State<{ device: string }> = { alice: { metas: [{ device: "phone", phx_ref: "a1" }] } };
    const synced: State<{ device: string }> = syncState(raw, raw);
    const devices: string[] = list(synced, (_, { metas }) => metas[0]!.device);
    const users: { user: string }[] = list(
      syncDiff({}, { joins: { alice: { ...here("a1"), user: "Alice" } }, leaves: {} }),
    );
    expect([devices, users.map(({ user }) => user)]).toEqual([["phone"], ["Alice"]]);
  });
});
