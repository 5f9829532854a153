import { type Channel, Presence, Socket } from "phoenix";
import { describe, expect, it } from "vitest";
import { PresenceClient, type PresenceEntry } from "../../src/client/index.ts";
import { FakeChannel } from "./fake-channel.ts";

const entryOf = (...refs: string[]): PresenceEntry => ({ metas: refs.map((phx_ref) => ({ phx_ref })) });
const state = (payload: Record<string, PresenceEntry>) => ({ event: "presence_state", payload });
const diff = (joins: Record<string, PresenceEntry>, leaves: Record<string, PresenceEntry> = {}) => ({
  event: "presence_diff",
  payload: { joins, leaves },
});

function createJoined(options?: { events: { state: string; diff: string } }) {
  const channel = new FakeChannel();
  channel.rejoin();
  return { channel, client: new PresenceClient(channel, options) };
}

const keysOf = (client: PresenceClient) => client.list((key) => key);

describe("PresenceClient fed by a channel", () => {
  it("accepts a channel of the phoenix package in place of the official class", () => {
    const channel: Channel = new Socket("ws://localhost").channel("room:lobby");
    const client: Pick<Presence, "onJoin" | "onLeave" | "onSync" | "inPendingSyncState"> = new PresenceClient(
      channel,
    );
    expect(client.inPendingSyncState()).toBe(true);
  });

  it("queues a diff that arrives before its state", () => {
    const { channel, client } = createJoined();
    channel.push("presence_diff", diff({ carol: entryOf("c1") }, { alice: entryOf("a1") }).payload);
    expect([keysOf(client), client.inPendingSyncState()]).toEqual([[], true]);
    channel.push("presence_state", { alice: entryOf("a1"), bob: entryOf("b1") });
    expect([keysOf(client), client.inPendingSyncState()]).toEqual([["bob", "carol"], false]);
  });

  it("queues diffs again after a rejoin, and the new state replaces the old one", () => {
    const { channel, client } = createJoined();
    channel.push("presence_state", { alice: entryOf("a1"), bob: entryOf("b1") });
    channel.rejoin();
    channel.push("presence_diff", diff({ carol: entryOf("c1") }).payload);
    expect([keysOf(client), client.inPendingSyncState()]).toEqual([["alice", "bob"], true]);
    channel.push("presence_state", { bob: entryOf("b1") });
    expect(keysOf(client)).toEqual(["bob", "carol"]);
  });

  it("calls onSync once for a state and the diffs that waited for it", () => {
    const { channel, client } = createJoined();
    let syncs = 0;
    client.onSync(() => syncs++);
    channel.push("presence_diff", diff({ carol: entryOf("c1") }).payload);
    channel.push("presence_diff", diff({ dora: entryOf("d1") }).payload);
    expect(syncs).toBe(0);
    channel.push("presence_state", {});
    expect(syncs).toBe(1);
  });

  it("listens to the configured event names", () => {
    const { channel, client } = createJoined({ events: { state: "room_state", diff: "room_diff" } });
    channel.push("presence_state", { alice: entryOf("a1") });
    channel.push("room_state", { bob: entryOf("b1") });
    channel.push("room_diff", diff({ carol: entryOf("c1") }).payload);
    expect(keysOf(client)).toEqual(["bob", "carol"]);
  });

  it("accepts a channel without joinRef, and messages that arrive while it subscribes", () => {
    const client = new PresenceClient({
      on(event, callback) {
        callback(
          event === "presence_state" ? { alice: entryOf("a1") } : diff({ bob: entryOf("b1") }).payload,
        );
      },
    });
    expect([keysOf(client), client.inPendingSyncState()]).toEqual([["alice", "bob"], false]);
  });
});

describe("PresenceClient fed by messages", () => {
  it("accepts objects and JSON text", () => {
    const client = new PresenceClient();
    expect(client.receive(JSON.stringify(state({ alice: entryOf("a1") })))).toBe(true);
    expect(client.receive(diff({ bob: entryOf("b1") }))).toBe(true);
    expect(keysOf(client)).toEqual(["alice", "bob"]);
  });

  it("ignores other messages, and returns false for them", () => {
    const client = new PresenceClient();
    let syncs = 0;
    client.onSync(() => syncs++);
    for (const other of [
      { event: "chat", payload: "hi" },
      '{"event":"chat"}',
      "null",
      "17",
      '{"type":"presence_state"}',
    ]) {
      expect(client.receive(other)).toBe(false);
    }
    expect(syncs).toBe(0);
    expect(() => client.receive("hello")).toThrow(SyntaxError);
  });

  it("replaces its state with the state of a new connection", () => {
    const client = new PresenceClient();
    client.receive(state({ alice: entryOf("a1") }));
    client.receive(state({ bob: entryOf("b1") }));
    expect(keysOf(client)).toEqual(["bob"]);
  });

  it("treats __proto__ as a normal key", () => {
    const client = new PresenceClient();
    client.receive('{"event":"presence_state","payload":{"__proto__":{"metas":[{"phx_ref":"p1"}]}}}');
    expect(keysOf(client)).toEqual(["__proto__"]);
    client.receive(state({}));
    expect(keysOf(client)).toEqual([]);
  });
});

describe("the state of PresenceClient", () => {
  it("stays the same object until something changes, and then shares the unchanged entries", () => {
    const client = new PresenceClient();
    client.receive(state({ alice: entryOf("a1"), bob: entryOf("b1") }));
    const before = client.state;
    client.receive(diff({}, { dora: entryOf("d1"), alice: entryOf("a0") }));
    client.receive(state({ alice: entryOf("a1"), bob: entryOf("b1") }));
    expect(client.state).toBe(before);
    client.receive(diff({ bob: entryOf("b2") }));
    expect(client.state["alice"]).toBe(before["alice"]);
    expect([before["bob"], client.state["bob"]]).toEqual([entryOf("b1"), entryOf("b1", "b2")]);
  });

  it("is complete while callbacks run, even if one throws", () => {
    const client = new PresenceClient();
    const calls: string[] = [];
    client.onJoin((key) => {
      calls.push(`${key} among ${keysOf(client)}`);
      if (key === "bob") throw new Error("bob is not welcome");
    });
    client.onSync(() => calls.push("sync"));
    client.subscribe(() => calls.push("listener"));
    const message = state({ alice: entryOf("a1"), bob: entryOf("b1"), carol: entryOf("c1") });
    expect(() => client.receive(message)).toThrow("bob is not welcome");
    expect(calls).toEqual(["alice among alice,bob,carol", "bob among alice,bob,carol", "listener"]);
    expect(keysOf(client)).toEqual(["alice", "bob", "carol"]);
  });

  it("stays correct when readers modify metas", () => {
    const client = new PresenceClient();
    client.receive(state({ alice: entryOf("a1"), bob: entryOf("b1", "b2"), carol: entryOf("c1", "c2") }));
    for (const { metas } of client.list()) {
      for (const meta of metas) delete (meta as { phx_ref?: string }).phx_ref;
    }
    client.receive(diff({}, { bob: entryOf("b2") }));
    client.receive(state({ bob: entryOf("b1") }));
    expect(client.list((key, { metas }) => [key, metas.length])).toEqual([["bob", 1]]);
  });

  it("is not affected by the official client on the same channel, which empties entries of states", () => {
    const { channel, client } = createJoined();
    new Presence(channel.asPhoenix());
    const payload = () => ({ alice: entryOf("a1", "a2") });
    channel.push("presence_state", payload());
    channel.push("presence_diff", diff({ alice: entryOf("a3") }).payload);
    channel.push("presence_state", payload());
    expect(client.state).toEqual({ alice: entryOf("a1", "a2") });
  });

  it("stays correct when a callback receives another message", () => {
    const client = new PresenceClient();
    client.receive(state({}));
    const calls: string[] = [];
    client.onJoin((key, current) => {
      calls.push(`${key} ${current?.metas.length ?? 0}`);
      if (calls.length === 1) client.receive(diff({ alice: entryOf("a2"), bob: entryOf("b2") }));
    });
    client.receive(diff({ alice: entryOf("a1"), bob: entryOf("b1") }));
    expect(calls).toEqual(["alice 0", "alice 1", "bob 1", "bob 0"]);
    expect(client.state).toEqual({ alice: entryOf("a1", "a2"), bob: entryOf("b1", "b2") });
  });
});

it("a join reads no other presence, of its key or of another, until the state is read", () => {
  let reads = 0;
  // Functions, because a client copies objects, and a copy does not count.
  const counted = (phx_ref: string) => {
    const get = () => {
      reads++;
      return phx_ref;
    };
    return Object.defineProperty(() => {}, "phx_ref", { get }) as unknown as { phx_ref: string };
  };
  const client = new PresenceClient();
  const tabs = Array.from({ length: 1_000 }, (_, n) => counted(`a${n}`));
  const others = Array.from({ length: 1_000 }, (_, n) => [`user${n}`, { metas: [counted(`u${n}`)] }]);
  client.receive(state({ alice: { metas: tabs }, ...Object.fromEntries(others) }));
  reads = 0;
  client.receive(diff({ alice: { metas: [counted("new")] } }, { user7: { metas: [counted("u7")] } }));
  expect(reads).toBeLessThan(10);
  expect([client.state["alice"]?.metas.length, client.list().length]).toEqual([1_001, 1_000]);
});
