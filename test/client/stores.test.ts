import { describe, expect, it } from "vitest";
import {
  createCountStore,
  createPresenceStore,
  noPresences,
  type PresenceEntry,
  presenceReducer,
  syncCounts,
} from "../../src/client/index.ts";
import { FakeChannel } from "./fake-channel.ts";

const here = (...refs: string[]): PresenceEntry => ({ metas: refs.map((phx_ref) => ({ phx_ref })) });
const counts = (viewers: number, users: number) => ({ viewers: { count: viewers }, users: { count: users } });
const state = (payload: object) => ({ event: "presence_state", payload });
const diff = (joins: object, leaves: object = {}) => ({ event: "presence_diff", payload: { joins, leaves } });

describe("createPresenceStore", () => {
  it("tells its listeners of each message, until they stop", () => {
    const { subscribe, receive, getSnapshot } = createPresenceStore();
    const heard: string[] = [];
    const listen = () => heard.push(Object.keys(getSnapshot()).join(" "));
    const [stop, stopOther] = [subscribe(listen), subscribe(listen)];
    receive(state({ alice: here("a1") }));
    stop();
    stop();
    receive(diff({ bob: here("b1") }));
    stopOther();
    receive(diff({ carol: here("c1") }));
    expect(heard).toEqual(["alice", "alice", "alice bob"]);
  });

  it("gives the same snapshot until something changes, also before the first state", () => {
    const { receive, getSnapshot } = createPresenceStore();
    const empty = getSnapshot();
    expect([getSnapshot() === empty, Object.keys(empty)]).toEqual([true, []]);
    receive(state({ alice: here("a1") }));
    const first = getSnapshot();
    receive(diff({}, { bob: here("b1") }));
    expect(getSnapshot()).toBe(first);
    receive(diff({ bob: here("b1") }));
    expect(Object.keys(first)).toEqual(["alice"]);
    expect(getSnapshot()["alice"]).toBe(first["alice"]);
  });

  it("has its client beside it, for callbacks", () => {
    const channel = new FakeChannel();
    channel.rejoin();
    const store = createPresenceStore(channel, { events: { state: "s", diff: "d" } });
    const heard: string[] = [];
    store.client.onJoin((key) => heard.push(key));
    channel.push("s", { alice: here("a1") });
    expect([heard, store.client.inPendingSyncState()]).toEqual([["alice"], false]);
  });
});

describe("presenceReducer", () => {
  it("takes messages as they come, and Redux actions with the event as their type", () => {
    const first = presenceReducer(undefined, state({ alice: here("a1") }));
    const second = presenceReducer(first, {
      type: "presence_diff",
      payload: diff({ bob: here("b1") }).payload,
    });
    expect(second).toEqual({ presences: { alice: here("a1"), bob: here("b1") }, pendingDiffs: null });
    expect(first.presences).toEqual({ alice: here("a1") });
  });

  it("lets a diff that comes before the state wait for it", () => {
    const early = presenceReducer(noPresences, diff({ bob: here("b1") }));
    expect([early.presences, early.pendingDiffs?.length, noPresences.pendingDiffs]).toEqual([{}, 1, []]);
    expect(presenceReducer(early, state({ alice: here("a1") }))).toEqual({
      presences: { alice: here("a1"), bob: here("b1") },
      pendingDiffs: null,
    });
  });

  it("returns what it was given when nothing changes", () => {
    const current = presenceReducer(undefined, state({ alice: here("a1") }));
    for (const action of [{ type: "@@init" }, { event: "chat" }, state({ alice: here("a1") }), diff({})]) {
      expect(presenceReducer(current, action)).toBe(current);
    }
  });
});

describe("syncCounts", () => {
  it("adds joins, subtracts leaves, and keeps the objects of what did not change", () => {
    const before = Object.freeze(counts(12, 3));
    const after = syncCounts(before, { joins: counts(2, 1), leaves: counts(5, 1) });
    expect(after).toEqual(counts(9, 3));
    expect(after.users).toBe(before.users);
    expect(syncCounts(before, { joins: counts(1, 0), leaves: counts(1, 0) })).toBe(before);
  });

  it("drops a diff that comes before the state", () => {
    expect(syncCounts(undefined, { joins: counts(1, 1), leaves: counts(0, 0) })).toBeUndefined();
  });

  it("never goes below zero, and says so when it would have", () => {
    const below: string[] = [];
    const diff = { joins: counts(1, 0), leaves: counts(3, 1) };
    expect(syncCounts(counts(1, 1), diff, (keys) => below.push(...keys))).toEqual(counts(0, 0));
    expect(below).toEqual(["viewers"]);
  });

  it("takes names of objects for keys", () => {
    const joins = JSON.parse('{"__proto__":{"count":2},"constructor":{"count":1}}');
    const after = syncCounts({}, { joins, leaves: {} });
    expect(Object.entries(after)).toEqual([
      ["__proto__", { count: 2 }],
      ["constructor", { count: 1 }],
    ]);
  });
});

describe("createCountStore", () => {
  it("has no counts before the state, drops diffs until then, and gives the same snapshot until they change", () => {
    const { subscribe, receive, getSnapshot } = createCountStore<"viewers" | "users">();
    let heard = 0;
    subscribe(() => heard++);
    receive(diff(counts(1, 0), counts(0, 0)));
    expect([getSnapshot(), heard]).toEqual([undefined, 0]);
    receive(JSON.stringify(state(counts(4, 1))));
    const first = getSnapshot();
    receive(diff(counts(1, 0), counts(1, 0)));
    expect(getSnapshot()).toBe(first);
    receive(diff(counts(1, 0), counts(0, 0)));
    expect([getSnapshot(), first, heard]).toEqual([counts(5, 1), counts(4, 1), 3]);
  });

  it("drops diffs after a new join of its channel, whose state contains them", () => {
    const channel = new FakeChannel();
    channel.rejoin();
    const { getSnapshot } = createCountStore<"viewers" | "users">(channel);
    channel.push("presence_state", counts(4, 1));
    channel.rejoin();
    channel.push("presence_diff", { joins: counts(1, 0), leaves: counts(0, 0) });
    expect(getSnapshot()).toEqual(counts(4, 1));
    channel.push("presence_state", counts(2, 1));
    expect(getSnapshot()).toEqual(counts(2, 1));
  });

  it("asks for a new state when a count would fall below zero, once all is told", () => {
    const heard: string[] = [];
    const store = createCountStore<"viewers" | "users">(undefined, {
      onBelowZero: (keys) => heard.push(`ask for ${keys}: ${store.getSnapshot()?.viewers.count}`),
    });
    store.subscribe(() => heard.push("listener"));
    store.receive(state(counts(1, 1)));
    store.receive(diff(counts(0, 0), counts(3, 0)));
    store.receive(state(counts(2, 1)));
    expect(heard).toEqual(["listener", "listener", "ask for viewers: 0", "listener"]);
    expect(store.getSnapshot()).toEqual(counts(2, 1));
  });
});
