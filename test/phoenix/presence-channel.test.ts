import { describe, expect, it, vi } from "vitest";
import { LiveEntry } from "../../src/crdt/live-entry.ts";
import { PresenceSet } from "../../src/crdt/presence-set.ts";
import {
  countOnly,
  createPresence,
  type DiffMessage,
  type Meta,
  memoryPubSub,
  type PresenceMessage,
  type PresenceOptions,
  type State,
} from "../../src/index.ts";
import { presenceChannel } from "../../src/phoenix/index.ts";
import { PresenceFrames } from "../../src/phoenix/presence/presence-frames.ts";
import type { Serializer } from "../../src/phoenix/protocol/serializer.ts";
import { serializerV1 } from "../../src/phoenix/protocol/serializer-v1.ts";
import { serializerV2 } from "../../src/phoenix/protocol/serializer-v2.ts";
import type { Subscription } from "../../src/presence/subscription.ts";
import { manualClock } from "../../src/testing/index.ts";
import type { RawClient, ReceivedFrame } from "./raw-client.ts";
import { reply } from "./raw-client.ts";
import { type ServedEndpoint, serveEndpoint } from "./serve-endpoint.ts";

interface User {
  user: string;
}

/** An endpoint with a presence channel that tracks each client under its user name. Every change is a diff of its own. */
async function serveRoom<P extends object = State>(options: Partial<PresenceOptions<Meta, P>> = {}) {
  const pubsub = memoryPubSub();
  const presence = await createPresence<Meta, P>({ pubsub, ...options });
  const served = await serveEndpoint<User>({
    connect: (params) => ({ assigns: { user: params.get("user")! } }),
  });
  served.endpoint.channel(
    "room:*",
    presenceChannel({
      presence,
      diffWindowMs: 0,
      key: ({ assigns }) => assigns.user,
      meta: ({ topic }) => ({ room: topic.slice(5) }),
      handleIn(event, payload, socket) {
        const { topic, assigns } = socket;
        if (event === "update") presence.update(socket, topic, assigns.user, payload as Meta);
        if (event === "untrack") presence.untrack(socket, topic, assigns.user);
        if (event === "crash") throw new Error("crash");
        return { ok: {} };
      },
    }),
  );
  return { ...served, presence };
}

/** A client that joins room:a. */
async function member(
  { client }: Pick<ServedEndpoint<User>, "client">,
  user: string,
  vsn = "2.0.0",
): Promise<RawClient> {
  const one = await client(`vsn=${vsn}&user=${user}`);
  if (vsn === "2.0.0") one.send(["1", "1", "room:a", "phx_join", {}]);
  else one.send({ topic: "room:a", event: "phx_join", payload: {}, ref: "1" });
  return one;
}

/** The event of each frame; for a presence event, the keys in it. */
function eventsOf(frames: readonly ReceivedFrame[]): unknown[] {
  return frames.map((frame) => {
    const { event, payload } = Array.isArray(frame)
      ? { event: frame[3], payload: frame[4] }
      : (frame as { event: string; payload: never });
    if (event === "presence_state") return { state: keys(payload) };
    if (event === "presence_diff") return { joins: keys(payload.joins), leaves: keys(payload.leaves) };
    return event;
  });
}

const keys = (state: State): string[] =>
  Object.entries(state).flatMap(([key, { metas }]) => metas.map(() => key));

it("a presence channel does not subscribe a client that a listener disconnects when it is tracked", async () => {
  const presence = await createPresence({ pubsub: memoryPubSub() });
  const subscriptions: Subscription[] = [];
  const { endpoint, client } = await serveEndpoint({ connect: () => ({ assigns: {}, id: "users:eve" }) });
  presence.on("diff", () => endpoint.disconnect("users:eve"));
  const countingPresence: Pick<typeof presence, "track" | "subscribe"> = {
    track: (...given) => presence.track(...given),
    subscribe: (...given) => {
      const subscription = presence.subscribe(...given);
      subscriptions.push(subscription);
      return subscription;
    },
  };
  endpoint.channel("room:*", presenceChannel({ presence: countingPresence, key: () => "eve" }));
  const eve = await client();
  eve.send(["1", "1", "room:a", "phx_join", {}]);
  expect(await eve.closeCode()).toBe(1001);
  expect(subscriptions.filter(({ ended }) => !ended)).toEqual([]);
  expect(presence.count("room:a")).toBe(0);
  await presence.close();
});

describe("a presence channel", () => {
  it("sends the reply, a state that includes the client, and then only later changes", async () => {
    const cast = await serveRoom();
    const alice = await member(cast, "alice");
    const [joined, state] = await alice.take(2);
    expect(joined).toEqual(reply("1", "1", "room:a"));
    const metas = [{ room: "a", phx_ref: expect.any(String) }];
    expect(state).toEqual(["1", null, "room:a", "presence_state", { alice: { metas } }]);

    const bob = await member(cast, "bob");
    expect(eventsOf(await bob.take(2))).toEqual(["phx_reply", { state: ["alice", "bob"] }]);
    expect(await alice.take(1)).toEqual([
      [null, null, "room:a", "presence_diff", { joins: { bob: { metas } }, leaves: {} }],
    ]);
    expect([await alice.settle(), await bob.settle()]).toEqual([[], []]);
  });

  it("sends diffs for second tabs, updates, untracks, leaves, crashes and broken sockets", async () => {
    const cast = await serveRoom();
    const alice = await member(cast, "alice");
    await alice.take(2);
    const [tab, other] = [await member(cast, "bob"), await member(cast, "bob")];
    expect(eventsOf(await alice.take(2))).toEqual(Array(2).fill({ joins: ["bob"], leaves: [] }));
    tab.send(["1", "2", "room:a", "update", { status: "away" }]);
    expect(eventsOf(await alice.take(1))).toEqual([{ joins: ["bob"], leaves: ["bob"] }]);
    tab.send(["1", "3", "room:a", "untrack", {}]);
    expect(eventsOf(await alice.take(1))).toEqual([{ joins: [], leaves: ["bob"] }]);
    await tab.settle();
    other.send(["1", "4", "room:a", "phx_leave", {}]);
    expect(eventsOf(await alice.take(1))).toEqual([{ joins: [], leaves: ["bob"] }]);
    // A client does not get the diff of its own leave. The tab, which is no longer tracked, still gets diffs.
    expect(eventsOf(await other.settle()).slice(-2)).toEqual(["phx_reply", "phx_close"]);
    expect(eventsOf(await tab.settle())).toEqual([{ joins: [], leaves: ["bob"] }]);

    other.send(["5", "5", "room:a", "phx_join", {}], ["5", "6", "room:a", "crash", {}]);
    expect(eventsOf(await alice.take(2))).toEqual([
      { joins: ["bob"], leaves: [] },
      { joins: [], leaves: ["bob"] },
    ]);
    other.send(["7", "7", "room:a", "phx_join", {}]);
    await other.settle();
    other.socket.terminate();
    expect(eventsOf(await alice.take(2))).toEqual([
      { joins: ["bob"], leaves: [] },
      { joins: [], leaves: ["bob"] },
    ]);
    // When a socket joins again, the others see a leave and a join.
    tab.send(["8", "8", "room:a", "phx_join", {}], ["9", "9", "room:a", "phx_join", {}]);
    expect(eventsOf(await alice.take(3))).toEqual([
      { joins: ["bob"], leaves: [] },
      { joins: [], leaves: ["bob"] },
      { joins: ["bob"], leaves: [] },
    ]);
    expect(cast.presence.count("room:a")).toBe(2);
  });

  it("serves clients of both versions in one room", async () => {
    const cast = await serveRoom();
    const [old, young] = [await member(cast, "old", "1.0.0"), await member(cast, "young")];
    await young.take(2);
    await old.take(3);
    const carol = await member(cast, "carol");
    const diff = { joins: { carol: { metas: [{ room: "a", phx_ref: expect.any(String) }] } }, leaves: {} };
    expect(await young.take(1)).toEqual([[null, null, "room:a", "presence_diff", diff]]);
    expect(await old.take(1)).toEqual([
      { topic: "room:a", event: "presence_diff", payload: diff, ref: null },
    ]);
    await carol.take(2);
  });

  it("sends only counts if fetch is countOnly", async () => {
    const cast = await serveRoom({ fetch: countOnly("users", "viewers") });
    const alice = await member(cast, "users");
    expect((await alice.take(2))[1]).toEqual([
      ...["1", null, "room:a", "presence_state"],
      { users: { count: 1 }, viewers: { count: 0 } },
    ]);
    await member(cast, "viewers");
    const zero = { count: 0 };
    expect(await alice.take(1)).toEqual([
      [
        ...[null, null, "room:a", "presence_diff"],
        { joins: { users: zero, viewers: { count: 1 } }, leaves: { users: zero, viewers: zero } },
      ],
    ]);
  });

  it("makes no meta and lists nothing for a client that joins a large room that shows only counts", async () => {
    const cast = await serveRoom({
      fetch: countOnly("users", "viewers"),
      maxPresenceChangesPerSecond: Number.POSITIVE_INFINITY,
    });
    for (let viewer = 0; viewer < 1_000; viewer++) cast.presence.track(`${viewer}`, "room:a", "viewers");
    const readMeta = vi.spyOn(LiveEntry.prototype, "meta", "get");
    const list = vi.spyOn(PresenceSet.prototype, "list");
    const count = vi.spyOn(PresenceSet.prototype, "count");
    const alice = await member(cast, "users");
    expect((await alice.take(2))[1]).toEqual([
      ...["1", null, "room:a", "presence_state"],
      { users: { count: 1 }, viewers: { count: 1_000 } },
    ]);
    expect([readMeta, list, count].map(({ mock }) => mock.calls.length)).toEqual([0, 0, 2]);
    vi.restoreAllMocks();
  });

  it("collects changes for the diffWindowMs of its presence, and sends new clients the state at the end of a window", async () => {
    const clock = manualClock();
    const cast = await serveRoom({ clock, diffWindowMs: 100 });
    const alice = await member(cast, "alice");
    await until(() => cast.presence.count("room:a") === 1);
    await alice.take(1);
    clock.advance(100);
    expect(eventsOf(await alice.take(1))).toEqual([{ state: ["alice"] }]);
    const [bob, carol] = [await member(cast, "bob"), await member(cast, "carol")];
    await until(() => cast.presence.count("room:a") === 3);
    await bob.settle();
    await carol.settle();
    expect(await alice.settle()).toEqual([]);
    clock.advance(100);
    expect(eventsOf(await alice.take(1))).toEqual([{ joins: ["bob", "carol"], leaves: [] }]);
    expect(eventsOf(await bob.take(1))).toEqual([{ state: ["alice", "bob", "carol"] }]);
    expect(eventsOf(await carol.settle())).toEqual([{ state: ["alice", "bob", "carol"] }]);
  });

  it("sends nothing while fetch fails, and a new state when it works again", async () => {
    const clock = manualClock();
    let isBroken = false;
    const cast = await serveRoom({
      clock,
      fetch: (_topic, presences) => {
        if (isBroken) throw new Error("no database");
        return Object.fromEntries(Object.keys(presences).map((key) => [key, { metas: [] }]));
      },
    });
    cast.presence.on("error", () => {});
    const alice = await member(cast, "alice");
    await alice.take(2);
    isBroken = true;
    const bob = await member(cast, "bob");
    expect(eventsOf(await bob.settle())).toEqual(["phx_reply"]);
    expect(await alice.settle()).toEqual([]);
    isBroken = false;
    clock.advance(30_000);
    const fresh = { bob: { metas: [] }, alice: { metas: [] } };
    expect(await alice.take(1)).toEqual([["1", null, "room:a", "presence_state", fresh]]);
    expect(await bob.take(1)).toEqual([["1", null, "room:a", "presence_state", fresh]]);
  });

  it("encodes a diff once, however many clients get it", async () => {
    let encoded = 0;
    const cast = await serveRoom({
      fetch: (_topic, presences) => ({
        toJSON: () => {
          encoded++;
          return presences;
        },
      }),
    });
    const members = await Promise.all(["a", "b", "c", "d"].map((user) => member(cast, user)));
    const [old] = await Promise.all([member(cast, "e", "1.0.0")]);
    for (const one of members) await one.settle();
    await until(() => cast.presence.count("room:a") === 5);
    while (old!.frames.length < 2) await members[0]!.settle();
    encoded = 0;
    cast.presence.track("a session", "room:a", "zoe");
    for (const one of members) expect(eventsOf(await one.take(1))).toEqual([{ joins: ["zoe"], leaves: [] }]);
    // Once for the joins, and once for the leaves.
    expect(encoded).toBe(2);
  });

  it("makes one frame of a diff for each topic and serializer", async () => {
    const presence = await createPresence({ pubsub: memoryPubSub() });
    const messages: PresenceMessage[] = [];
    presence.subscribe("room:a", (message) => messages.push(message));
    presence.track("a session", "room:a", "zoe");
    await until(() => messages.length === 1);
    presence.track("a session", "room:a", "yan");
    const frames = new PresenceFrames();
    const frame = (topic: string, serializer: Serializer) =>
      frames.broadcastOf(messages[1]!, topic).frameFor(serializer);
    expect(frame("room:a", serializerV2)).toBe(frame("room:a", serializerV2));
    expect(frame("room:a", serializerV1)).toBe(frame("room:a", serializerV1));
    const { joins, leaves } = (messages[1] as DiffMessage).payload;
    const read = (topic: string, serializer: Serializer) => JSON.parse(String(frame(topic, serializer).data));
    expect(read("room:b", serializerV2)).toEqual([
      null,
      null,
      "room:b",
      "presence_diff",
      { joins: { ...joins }, leaves: {} },
    ]);
    expect(leaves).toEqual({});
    expect(read("room:a", serializerV1)).toEqual({
      ...{ topic: "room:a", event: "presence_diff", ref: null },
      payload: { joins: { ...joins }, leaves: {} },
    });
  });

  it("sends a large state to each client with its own join ref, in both versions", async () => {
    const cast = await serveRoom();
    const crowd = Array.from({ length: 300 }, (_, at) => `${at} ${"å".repeat(60)}`);
    for (const user of crowd) cast.presence.track("crowd", "room:a", user);
    const [alice, bob] = [await member(cast, "alice"), await cast.client("vsn=2.0.0&user=bob")];
    await alice.take(2);
    bob.send(["7", "8", "room:a", "phx_join", {}]);
    const [joined, state] = (await bob.take(2)) as unknown[][];
    expect(joined).toEqual(reply("7", "8", "room:a"));
    expect(state!.slice(0, 4)).toEqual(["7", null, "room:a", "presence_state"]);
    expect(keys(state![4] as State).sort()).toEqual([...crowd, "alice", "bob"].sort());
    const old = await member(cast, "old", "1.0.0");
    expect(eventsOf(await old.take(2))[1]).toEqual({ state: keys(state![4] as State).concat("old") });
    expect(eventsOf(await alice.take(2))).toEqual(
      ["bob", "old"].map((user) => ({ joins: [user], leaves: [] })),
    );
    expect(eventsOf(await bob.settle())).toEqual([{ joins: ["old"], leaves: [] }]);
  });

  it("keeps one copy of a large state for all clients", async () => {
    const presence = await createPresence({ pubsub: memoryPubSub() });
    for (let at = 0; at < 300; at++) presence.track("crowd", "room:a", `${at} ${"å".repeat(60)}`);
    const states: PresenceMessage[] = [];
    presence.subscribe("room:a", (message) => states.push(message));
    await until(() => states.length === 1);
    const frames = new PresenceFrames();
    const [one, other] = ['"1"', '"7"'].map((joinRef) =>
      serializerV2.push(joinRef, "room:a", "presence_state", frames.bodyOf(states[0]!)),
    );
    expect(other!.data).toBe(one!.data);
    const text = `${other!.head}${Buffer.from(other!.data as Uint8Array)}`;
    expect(JSON.parse(text)).toEqual(["7", null, "room:a", "presence_state", { ...states[0]!.payload }]);
  });

  it("takes another topic and async keys, and does not track a client without a key", async () => {
    const presence = await createPresence({ pubsub: memoryPubSub() });
    const { endpoint, client } = await serveEndpoint<User>({
      connect: (params) => ({ assigns: { user: params.get("user")! } }),
    });
    const order: string[] = [];
    endpoint.channel(
      "live:*",
      presenceChannel({
        presence,
        topic: (socket) => socket.topic.slice(5),
        join: (_payload, { assigns }) => (assigns.user === "eve" ? { error: { reason: "no" } } : { ok: {} }),
        afterJoin: () => void order.push("afterJoin"),
        key: async ({ assigns }) => {
          order.push("key");
          return assigns.user === "guest" ? undefined : assigns.user;
        },
        terminate: (reason) => void order.push(reason),
      }),
    );
    const [alice, guest, eve] = [
      await client("vsn=2.0.0&user=alice"),
      await client("vsn=2.0.0&user=guest"),
      await client("vsn=2.0.0&user=eve"),
    ];
    for (const one of [alice, eve]) one.send(["1", "1", "live:7", "phx_join", {}]);
    expect(eventsOf(await alice.take(2))).toEqual(["phx_reply", { state: ["alice"] }]);
    expect(await eve.take(1)).toEqual([reply("1", "1", "live:7", { reason: "no" }, "error")]);
    guest.send(["1", "1", "live:7", "phx_join", {}], ["1", "2", "live:7", "phx_leave", {}]);
    await guest.settle();
    expect(await alice.settle()).toEqual([]);
    expect(Object.keys(await presence.list("7"))).toEqual(["alice"]);
    expect(order).toEqual(["key", "afterJoin", "key", "afterJoin", "left"]);
  });
});

/** Waits for the server, which runs in this process. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
