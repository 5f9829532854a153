import { EventEmitter } from "node:events";
import { type Channel, Socket } from "phoenix";
import { describe, expect, it } from "vitest";
import {
  createCountStore,
  createPresenceStore,
  noPresences,
  type PresenceChannel,
  PresenceClient,
  type PresenceEntry,
  presenceReducer,
  syncCounts,
} from "../../src/client/index.ts";
import { FakeChannel } from "./fake-channel.ts";

const entryOf = (...refs: string[]): PresenceEntry => ({ metas: refs.map((phx_ref) => ({ phx_ref })) });
const counts = (viewers: number, users: number) => ({ viewers: { count: viewers }, users: { count: users } });
const state = (payload: object) => ({ event: "presence_state", payload });
const diff = (joins: object, leaves: object = {}) => ({ event: "presence_diff", payload: { joins, leaves } });

describe("createPresenceStore", () => {
  it("calls its listeners after each message until they unsubscribe", () => {
    const { subscribe, receive, getSnapshot } = createPresenceStore();
    const calls: string[] = [];
    const listen = () => calls.push(Object.keys(getSnapshot()).join(" "));
    const [stop, stopOther] = [subscribe(listen), subscribe(listen)];
    receive(state({ alice: entryOf("a1") }));
    stop();
    stop();
    receive(diff({ bob: entryOf("b1") }));
    stopOther();
    receive(diff({ carol: entryOf("c1") }));
    expect(calls).toEqual(["alice", "alice", "alice bob"]);
  });

  it("returns the same snapshot until something changes, also before the first state", () => {
    const { receive, getSnapshot } = createPresenceStore();
    const empty = getSnapshot();
    expect([getSnapshot() === empty, Object.keys(empty)]).toEqual([true, []]);
    receive(state({ alice: entryOf("a1") }));
    const first = getSnapshot();
    receive(diff({}, { bob: entryOf("b1") }));
    expect(getSnapshot()).toBe(first);
    receive(diff({ bob: entryOf("b1") }));
    expect(Object.keys(first)).toEqual(["alice"]);
    expect(getSnapshot()["alice"]).toBe(first["alice"]);
  });

  it("exposes its client for callbacks", () => {
    const channel = new FakeChannel();
    channel.rejoin();
    const store = createPresenceStore(channel, { events: { state: "s", diff: "d" } });
    const calls: string[] = [];
    store.client.onJoin((key) => calls.push(key));
    channel.push("s", { alice: entryOf("a1") });
    expect([calls, store.client.inPendingSyncState()]).toEqual([["alice"], false]);
  });
});

describe("destroy", () => {
  const stores = {
    createPresenceStore: (channel?: PresenceChannel) => createPresenceStore(channel),
    createCountStore: (channel?: PresenceChannel) => createCountStore(channel),
    "new PresenceClient": (channel?: PresenceChannel) => {
      const client = new PresenceClient(channel);
      return {
        subscribe: client.subscribe.bind(client),
        receive: client.receive.bind(client),
        getSnapshot: () => client.state,
        destroy: () => client.destroy(),
      };
    },
  };
  const alice = { alice: { ...entryOf("a1"), count: 1 } };

  it.each(Object.entries(stores))(
    "%s removes its listeners, and only those, from a channel",
    (_name, open) => {
      const channel: Channel & { bindings?: unknown[] } = new Socket("ws://localhost").channel("room:lobby");
      channel.on("presence_state", () => {});
      const before = channel.bindings!.length;
      const [store, other] = [open(channel), open(channel)];
      expect(channel.bindings).toHaveLength(before + 4);
      store.destroy();
      store.destroy();
      expect(channel.bindings).toHaveLength(before + 2);
      other.destroy();
      expect(channel.bindings).toHaveLength(before);
    },
  );

  it.each(Object.entries(stores))(
    "%s removes its listeners from an emitter, by the listener",
    (_name, open) => {
      const emitter = new EventEmitter();
      const store = open(emitter);
      expect(emitter.listenerCount("presence_state")).toBe(1);
      emitter.emit("presence_state", alice, () => {});
      store.destroy();
      expect([emitter.eventNames(), Object.keys(store.getSnapshot()!)]).toEqual([[], ["alice"]]);
    },
  );

  it.each(Object.entries(stores))("%s calls the function that its channel returned", (_name, open) => {
    const removed: string[] = [];
    open({ on: (event) => () => removed.push(event) }).destroy();
    expect(removed).toEqual(["presence_state", "presence_diff"]);
  });

  it.each(Object.entries(stores))("%s ignores messages and listeners from then on", (_name, open) => {
    const callbacks: ((payload: unknown) => void)[] = [];
    // A channel that cannot remove listeners.
    const store = open({ on: (_event, callback) => void callbacks.push(callback) });
    let calls = 0;
    store.subscribe(() => calls++);
    callbacks[0]!(alice);
    store.destroy();
    store.subscribe(() => calls++);
    callbacks[0]!({});
    expect(store.receive(state({}))).toBe(false);
    expect([calls, Object.keys(store.getSnapshot()!)]).toEqual([1, ["alice"]]);
  });

  it("ends the callbacks of a client in the middle of a message", () => {
    const store = createPresenceStore();
    const calls: string[] = [];
    store.client.onJoin((key) => {
      calls.push(key);
      store.destroy();
    });
    store.client.onSync(() => calls.push("sync"));
    store.subscribe(() => calls.push("listener"));
    store.receive(state({ alice: entryOf("a1"), bob: entryOf("b1") }));
    expect(calls).toEqual(["alice"]);
  });

  it("ends the callbacks of a count store in the middle of a message", () => {
    const store = createCountStore<"viewers" | "users">(undefined, {
      onBelowZero: () => calls.push("below"),
    });
    const calls: string[] = [];
    store.receive(state(counts(0, 0)));
    store.subscribe(() => {
      calls.push("first");
      store.destroy();
    });
    store.subscribe(() => calls.push("second"));
    store.receive(diff(counts(0, 0), counts(1, 1)));
    expect(calls).toEqual(["first"]);
  });
});

describe("presenceReducer", () => {
  it("accepts messages, and Redux actions with the event as their type", () => {
    const first = presenceReducer(undefined, state({ alice: entryOf("a1") }));
    const second = presenceReducer(first, {
      type: "presence_diff",
      payload: diff({ bob: entryOf("b1") }).payload,
    });
    expect(second).toEqual({ presences: { alice: entryOf("a1"), bob: entryOf("b1") }, pendingDiffs: null });
    expect(first.presences).toEqual({ alice: entryOf("a1") });
  });

  it("queues a diff that arrives before the state", () => {
    const early = presenceReducer(noPresences, diff({ bob: entryOf("b1") }));
    expect([early.presences, early.pendingDiffs?.length, noPresences.pendingDiffs]).toEqual([{}, 1, []]);
    expect(presenceReducer(early, state({ alice: entryOf("a1") }))).toEqual({
      presences: { alice: entryOf("a1"), bob: entryOf("b1") },
      pendingDiffs: null,
    });
  });

  it("returns the same state when nothing changes", () => {
    const current = presenceReducer(undefined, state({ alice: entryOf("a1") }));
    for (const action of [{ type: "@@init" }, { event: "chat" }, state({ alice: entryOf("a1") }), diff({})]) {
      expect(presenceReducer(current, action)).toBe(current);
    }
  });
});

describe("syncCounts", () => {
  it("adds joins, subtracts leaves, and keeps unchanged counts as the same objects", () => {
    const before = Object.freeze(counts(12, 3));
    const after = syncCounts(before, { joins: counts(2, 1), leaves: counts(5, 1) });
    expect(after).toEqual(counts(9, 3));
    expect(after.users).toBe(before.users);
    expect(syncCounts(before, { joins: counts(1, 0), leaves: counts(1, 0) })).toBe(before);
  });

  it("drops a diff that arrives before the state", () => {
    expect(syncCounts(undefined, { joins: counts(1, 1), leaves: counts(0, 0) })).toBeUndefined();
  });

  it("never falls below zero, and reports the keys that would have", () => {
    const belowZero: string[] = [];
    const diff = { joins: counts(1, 0), leaves: counts(3, 1) };
    expect(syncCounts(counts(1, 1), diff, (keys) => belowZero.push(...keys))).toEqual(counts(0, 0));
    expect(belowZero).toEqual(["viewers"]);
  });

  it("treats names of object members as normal keys", () => {
    const joins = JSON.parse('{"__proto__":{"count":2},"constructor":{"count":1}}');
    const after = syncCounts({}, { joins, leaves: {} });
    expect(Object.entries(after)).toEqual([
      ["__proto__", { count: 2 }],
      ["constructor", { count: 1 }],
    ]);
  });
});

describe("createCountStore", () => {
  it("has no counts before the state, drops earlier diffs, and returns the same snapshot until a count changes", () => {
    const { subscribe, receive, getSnapshot } = createCountStore<"viewers" | "users">();
    let calls = 0;
    subscribe(() => calls++);
    receive(diff(counts(1, 0), counts(0, 0)));
    expect([getSnapshot(), calls]).toEqual([undefined, 0]);
    receive(JSON.stringify(state(counts(4, 1))));
    const first = getSnapshot();
    receive(diff(counts(1, 0), counts(1, 0)));
    expect(getSnapshot()).toBe(first);
    receive(diff(counts(1, 0), counts(0, 0)));
    expect([getSnapshot(), first, calls]).toEqual([counts(5, 1), counts(4, 1), 3]);
  });

  it("drops diffs after a rejoin of its channel, because the new state contains them", () => {
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

  it("calls onBelowZero after its listeners when a count would fall below zero", () => {
    const calls: string[] = [];
    const store = createCountStore<"viewers" | "users">(undefined, {
      onBelowZero: (keys) => calls.push(`ask for ${keys}: ${store.getSnapshot()?.viewers.count}`),
    });
    store.subscribe(() => calls.push("listener"));
    store.receive(state(counts(1, 1)));
    store.receive(diff(counts(0, 0), counts(3, 0)));
    store.receive(state(counts(2, 1)));
    expect(calls).toEqual(["listener", "listener", "ask for viewers: 0", "listener"]);
    expect(store.getSnapshot()).toEqual(counts(2, 1));
  });
});
