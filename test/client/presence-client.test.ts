import { type Channel, Presence, Socket } from "phoenix";
import { describe, expect, it } from "vitest";
import { PresenceClient, type PresenceEntry } from "../../src/client/index.ts";
import { FakeChannel } from "./fake-channel.ts";

const here = (...refs: string[]): PresenceEntry => ({ metas: refs.map((phx_ref) => ({ phx_ref })) });
const state = (payload: Record<string, PresenceEntry>) => ({ event: "presence_state", payload });
const diff = (joins: Record<string, PresenceEntry>, leaves: Record<string, PresenceEntry> = {}) => ({
  event: "presence_diff",
  payload: { joins, leaves },
});

function joined(options?: { events: { state: string; diff: string } }) {
  const channel = new FakeChannel();
  channel.rejoin();
  return { channel, client: new PresenceClient(channel, options) };
}

const keysOf = (client: PresenceClient) => client.list((key) => key);

describe("from a channel", () => {
  it("takes one of the phoenix package, as the official class does", () => {
    const channel: Channel = new Socket("ws://localhost").channel("room:lobby");
    const drop: Pick<Presence, "onJoin" | "onLeave" | "onSync" | "inPendingSyncState"> = new PresenceClient(
      channel,
    );
    expect(drop.inPendingSyncState()).toBe(true);
  });

  it("lets a diff that comes before its state wait for it", () => {
    const { channel, client } = joined();
    channel.push("presence_diff", diff({ carol: here("c1") }, { alice: here("a1") }).payload);
    expect([keysOf(client), client.inPendingSyncState()]).toEqual([[], true]);
    channel.push("presence_state", { alice: here("a1"), bob: here("b1") });
    expect([keysOf(client), client.inPendingSyncState()]).toEqual([["bob", "carol"], false]);
  });

  it("waits again after a new join, and its state replaces what was missed", () => {
    const { channel, client } = joined();
    channel.push("presence_state", { alice: here("a1"), bob: here("b1") });
    channel.rejoin();
    channel.push("presence_diff", diff({ carol: here("c1") }).payload);
    expect([keysOf(client), client.inPendingSyncState()]).toEqual([["alice", "bob"], true]);
    channel.push("presence_state", { bob: here("b1") });
    expect(keysOf(client)).toEqual(["bob", "carol"]);
  });

  it("calls onSync once for a state and all that waited for it", () => {
    const { channel, client } = joined();
    let syncs = 0;
    client.onSync(() => syncs++);
    channel.push("presence_diff", diff({ carol: here("c1") }).payload);
    channel.push("presence_diff", diff({ dora: here("d1") }).payload);
    expect(syncs).toBe(0);
    channel.push("presence_state", {});
    expect(syncs).toBe(1);
  });

  it("listens to what the server calls its messages", () => {
    const { channel, client } = joined({ events: { state: "room_state", diff: "room_diff" } });
    channel.push("presence_state", { alice: here("a1") });
    channel.push("room_state", { bob: here("b1") });
    channel.push("room_diff", diff({ carol: here("c1") }).payload);
    expect(keysOf(client)).toEqual(["bob", "carol"]);
  });

  it("needs no joinRef, and takes what the channel hands over while it is asked to listen", () => {
    const client = new PresenceClient({
      on(event, callback) {
        callback(event === "presence_state" ? { alice: here("a1") } : diff({ bob: here("b1") }).payload);
      },
    });
    expect([keysOf(client), client.inPendingSyncState()]).toEqual([["alice", "bob"], false]);
  });
});

describe("from messages", () => {
  it("takes them as objects and as JSON text", () => {
    const client = new PresenceClient();
    expect(client.receive(JSON.stringify(state({ alice: here("a1") })))).toBe(true);
    expect(client.receive(diff({ bob: here("b1") }))).toBe(true);
    expect(keysOf(client)).toEqual(["alice", "bob"]);
  });

  it("leaves others alone, and says so", () => {
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

  it("takes a second state, of a new connection, in place of what was missed", () => {
    const client = new PresenceClient();
    client.receive(state({ alice: here("a1") }));
    client.receive(state({ bob: here("b1") }));
    expect(keysOf(client)).toEqual(["bob"]);
  });

  it("takes __proto__ for a key", () => {
    const client = new PresenceClient();
    client.receive('{"event":"presence_state","payload":{"__proto__":{"metas":[{"phx_ref":"p1"}]}}}');
    expect(keysOf(client)).toEqual(["__proto__"]);
    client.receive(state({}));
    expect(keysOf(client)).toEqual([]);
  });
});

describe("what readers get", () => {
  it("is the same state until something changes, and then has the same entries where nothing did", () => {
    const client = new PresenceClient();
    client.receive(state({ alice: here("a1"), bob: here("b1") }));
    const before = client.state;
    client.receive(diff({}, { dora: here("d1"), alice: here("a0") }));
    client.receive(state({ alice: here("a1"), bob: here("b1") }));
    expect(client.state).toBe(before);
    client.receive(diff({ bob: here("b2") }));
    expect(client.state["alice"]).toBe(before["alice"]);
    expect([before["bob"], client.state["bob"]]).toEqual([here("b1"), here("b1", "b2")]);
  });

  it("is whole while callbacks hear of it, and stays so when one throws", () => {
    const client = new PresenceClient();
    const heard: string[] = [];
    client.onJoin((key) => {
      heard.push(`${key} among ${keysOf(client)}`);
      if (key === "bob") throw new Error("bob is not welcome");
    });
    client.onSync(() => heard.push("sync"));
    client.subscribe(() => heard.push("listener"));
    const message = state({ alice: here("a1"), bob: here("b1"), carol: here("c1") });
    expect(() => client.receive(message)).toThrow("bob is not welcome");
    expect(heard).toEqual(["alice among alice,bob,carol", "bob among alice,bob,carol", "listener"]);
    expect(keysOf(client)).toEqual(["alice", "bob", "carol"]);
  });

  it("can be spoiled by readers without harm: who left is gone all the same", () => {
    const client = new PresenceClient();
    client.receive(state({ alice: here("a1"), bob: here("b1", "b2"), carol: here("c1", "c2") }));
    for (const { metas } of client.list()) {
      for (const meta of metas) delete (meta as { phx_ref?: string }).phx_ref;
    }
    client.receive(diff({}, { bob: here("b2") }));
    client.receive(state({ bob: here("b1") }));
    expect(client.list((key, { metas }) => [key, metas.length])).toEqual([["bob", 1]]);
  });

  it("is not changed by the official client on the same channel, which empties entries of states", () => {
    const { channel, client } = joined();
    new Presence(channel.asPhoenix());
    const payload = () => ({ alice: here("a1", "a2") });
    channel.push("presence_state", payload());
    channel.push("presence_diff", diff({ alice: here("a3") }).payload);
    channel.push("presence_state", payload());
    expect(client.state).toEqual({ alice: here("a1", "a2") });
  });

  it("may hear of a message within a callback of another", () => {
    const client = new PresenceClient();
    client.receive(state({}));
    const heard: string[] = [];
    client.onJoin((key, current) => {
      heard.push(`${key} ${current?.metas.length ?? 0}`);
      if (heard.length === 1) client.receive(diff({ alice: here("a2"), bob: here("b2") }));
    });
    client.receive(diff({ alice: here("a1"), bob: here("b1") }));
    expect(heard).toEqual(["alice 0", "alice 1", "bob 1", "bob 0"]);
    expect(client.state).toEqual({ alice: here("a1", "a2"), bob: here("b1", "b2") });
  });
});

it("costs what changed: a join reads no other presence, of its key or of another, until somebody reads the state", () => {
  let reads = 0;
  const counted = (phx_ref: string) => ({
    get phx_ref(): string {
      reads++;
      return phx_ref;
    },
  });
  const client = new PresenceClient();
  const tabs = Array.from({ length: 1_000 }, (_, n) => counted(`a${n}`));
  const others = Array.from({ length: 1_000 }, (_, n) => [`user${n}`, { metas: [counted(`u${n}`)] }]);
  client.receive(state({ alice: { metas: tabs }, ...Object.fromEntries(others) }));
  reads = 0;
  client.receive(diff({ alice: { metas: [counted("new")] } }, { user7: { metas: [counted("u7")] } }));
  expect(reads).toBeLessThan(10);
  expect([client.state["alice"]?.metas.length, client.list().length]).toEqual([1_001, 1_000]);
});
