import { describe, expect, it } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import {
  createPresence,
  LimitError,
  type Meta,
  memoryPubSub,
  type PresenceOptions,
  type State,
} from "../../src/index.ts";
import { type ChannelSocket, type PresenceChannelOptions, presenceChannel } from "../../src/phoenix/index.ts";
import type { Subscription } from "../../src/presence/subscription.ts";
import { manualClock } from "../../src/testing/index.ts";
import { type RawClient, reply } from "./raw-client.ts";
import { serveEndpoint } from "./serve-endpoint.ts";

interface User {
  user: string;
}

/** A presence channel on a manual clock. Its clients can ask it to end their channel. */
async function serveRoom(
  options: Partial<PresenceOptions> = {},
  channel: Partial<PresenceChannelOptions<User>> = {},
  wrap: (handlers: ReturnType<typeof presenceChannel<User>>) => typeof handlers = (handlers) => handlers,
) {
  const clock = manualClock();
  const presence = await createPresence({ pubsub: memoryPubSub(), clock, ...options });
  const served = await serveEndpoint<User>({
    connect: (params) => ({ assigns: { user: params.get("user")! } }),
  });
  const handlers = presenceChannel<User>({
    presence,
    key: ({ assigns }) => assigns.user,
    diffWindowMs: 0,
    handleIn(event) {
      if (event === "crash") throw new Error("crash");
      return { stop: event };
    },
    ...channel,
  });
  served.endpoint.channel("*", wrap(handlers));
  const client = (user: string): Promise<RawClient> => served.client(`vsn=2.0.0&user=${user}`);
  const member = async (user: string, topic = "room:a"): Promise<RawClient> => {
    const one = await client(user);
    one.send(["1", "1", topic, "phx_join", {}]);
    return one;
  };
  return { ...served, presence, clock, client, member };
}

const refused = (reason: string, topic = "room:a"): unknown => reply("1", "1", topic, { reason }, "error");

/** The events of these frames; of a diff, what it says about each key. */
function eventsOf(frames: readonly unknown[]): string[] {
  return (frames as [0, 0, 0, event: string, payload: { joins: State; leaves: State }][]).map(
    ([, , , event, payload]) =>
      event === "presence_diff"
        ? [
            ...Object.keys(payload.joins).map((key) => `+${key}`),
            ...Object.keys(payload.leaves).map((key) => `-${key}`),
          ].join(" ")
        : event,
  );
}

describe("a join over a limit of the presence", () => {
  it("is refused if the room is full, and accepted when a member has left", async () => {
    const { presence, member, errors } = await serveRoom({ maxPerTopic: 2 });
    const [alice, bob] = [await member("alice"), await member("bob")];
    await bob.settle();
    await alice.settle();
    const carol = await member("carol");
    expect(await carol.settle()).toEqual([refused("room is full")]);
    expect([await alice.settle(), presence.count("room:a")]).toEqual([[], 2]);
    bob.send(["1", "2", "room:a", "phx_leave", {}]);
    await bob.settle();
    carol.send(["2", "2", "room:a", "phx_join", {}]);
    expect(eventsOf(await carol.settle())).toEqual(["phx_reply", "presence_state"]);
    expect([eventsOf(await alice.settle()), errors]).toEqual([["-bob", "+carol"], []]);
  });

  it.each([
    [{ maxPerKey: 1 }, "too many presences of this key"],
    [{ maxMetaBytes: 30 }, "meta too large"],
    [{ maxKeyBytes: 4 }, "key too long"],
    [{ maxTopicBytes: 5 }, "topic too long"],
  ])("is refused with a reason: %o", async (options, reason) => {
    const { presence, member, errors } = await serveRoom(options, {
      meta: ({ assigns }) => ({ note: "x".repeat(assigns.user.length * 6) }),
    });
    if ("maxPerKey" in options) presence.track("a session", "room:a", "alice");
    const before = presence.count("room:a");
    const alice = await member("alice");
    expect(await alice.settle()).toEqual([refused(reason)]);
    expect([presence.count("room:a"), errors]).toEqual([before, []]);
  });

  it("is refused if the connection holds too much", async () => {
    const { member, presence } = await serveRoom(
      { maxPerOwner: 1 },
      { join: (_payload, socket) => void presence.track(socket, "other", "alice") },
    );
    expect(await (await member("alice")).settle()).toEqual([refused("too many presences")]);
    expect(presence.topics()).toEqual([]);
  });

  it("is refused for a limit of another presence, and of one that is not known here", async () => {
    const error = new LimitError("too often", { limit: "maxSomething", given: 2, allowed: 1 });
    const { presence } = await serveRoom();
    const throwing: Pick<typeof presence, "track" | "subscribe"> = {
      track() {
        throw Object.assign(new Error(error.message), { code: "LIMIT" });
      },
      subscribe: (...given) => presence.subscribe(...given),
    };
    const { member } = await serveRoom({}, { presence: throwing });
    expect(await (await member("alice")).settle()).toEqual([refused("limit reached")]);
  });

  it("is refused for a client that only observes a topic which is too long", async () => {
    const { member, errors } = await serveRoom({}, { key: () => undefined });
    const topic = `room:${"x".repeat(300)}`;
    expect(await (await member("alice", topic)).settle()).toEqual([refused("topic too long", topic)]);
    expect(errors).toEqual([]);
  });

  it.each([0, 60_000])(
    "is no reason to refuse a member that joins again, with a leave delay of %i ms",
    async (leaveDelayMs) => {
      const { presence, member } = await serveRoom({ maxPerTopic: 2, maxPerKey: 1, leaveDelayMs });
      const [alice, bob] = [await member("alice"), await member("bob")];
      await bob.settle();
      bob.send(["2", "2", "room:a", "phx_join", {}]);
      expect((await bob.settle())[0]).toEqual(reply("2", "2", "room:a"));
      expect([presence.count("room:a"), alice.closed]).toEqual([2, undefined]);
    },
  );
});

describe("a join that is refused, fails or is abandoned", () => {
  it.each([
    ["before it is tracked", { error: { reason: "no" } }, "no"],
    ["because its key can't be found", undefined, "join crashed"],
    ["because its answer can't be sent", { ok: { big: 1n } }, "join crashed"],
  ])("leaves no presence, even with a leave delay: refused %s", async (_when, result, reason) => {
    const { presence, member } = await serveRoom(
      { leaveDelayMs: 60_000 },
      {
        join: () => result,
        key({ assigns }) {
          if (result === undefined) throw new Error("no database");
          return assigns.user;
        },
      },
    );
    expect(await (await member("alice")).settle()).toEqual([refused(reason)]);
    expect(presence.count("room:a")).toBe(0);
  });

  it("leaves no presence if handlers around the presence channel refuse it", async () => {
    const { presence, member } = await serveRoom({ leaveDelayMs: 60_000 }, {}, (handlers) => ({
      ...handlers,
      async join(payload, socket) {
        await handlers.join(payload, socket);
        return { error: { reason: `${presence.count("room:a")} is too many` } };
      },
    }));
    expect(await (await member("alice")).settle()).toEqual([refused("1 is too many")]);
    expect(presence.count("room:a")).toBe(0);
  });

  it("is not tracked if its connection ends while its key is looked up", async () => {
    const diffs: unknown[] = [];
    let answer = (): void => {};
    const found = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const terminated: string[] = [];
    const { presence, member, endpoint, client } = await serveRoom(
      {},
      {
        key: ({ assigns }) => (assigns.user === "bob" ? "bob" : found.then(() => assigns.user)),
        terminate: (reason) => void terminated.push(reason),
      },
    );
    presence.on("diff", (diff) => diffs.push(diff));
    const bob = await client("bob");
    const alice = await member("alice");
    await bob.settle();
    alice.socket.terminate();
    await waitUntil(() => endpoint.socketCount === 1, "alice to be gone");
    answer();
    await bob.settle();
    expect([diffs, terminated]).toEqual([[], ["disconnected"]]);
  });
});

describe("a presence channel, in order,", () => {
  it("tracks, replies, runs afterJoin and sends the state", async () => {
    const order: string[] = [];
    const { presence, member } = await serveRoom(
      {},
      {
        join: () => ({ ok: { welcome: true } }),
        afterJoin(socket) {
          order.push(`afterJoin sees ${presence.count("room:a")}`);
          socket.push("hello", {});
        },
        meta: async () => ({}),
      },
    );
    presence.on("diff", () => order.push("tracked"));
    const alice = await member("alice");
    const frames = await alice.settle();
    expect(frames[0]).toEqual(reply("1", "1", "room:a", { welcome: true }));
    expect(eventsOf(frames)).toEqual(["phx_reply", "hello", "presence_state"]);
    expect(order).toEqual(["tracked", "afterJoin sees 1"]);
  });

  it("does not follow the topic for a channel that afterJoin ended", async () => {
    const { presence } = await serveRoom();
    const subscriptions: Subscription[] = [];
    const counting: Pick<typeof presence, "track" | "subscribe"> = {
      track: (...given) => presence.track(...given),
      subscribe: (...given) => {
        subscriptions.push(presence.subscribe(...given));
        return subscriptions.at(-1)!;
      },
    };
    const { member } = await serveRoom({}, { presence: counting, afterJoin: (socket) => socket.stop() });
    expect(eventsOf(await (await member("alice")).settle())).toEqual(["phx_reply", "phx_close"]);
    expect(subscriptions.map(({ ended }) => ended)).toEqual([true]);
    expect(presence.count("room:a")).toBe(0);
  });

  it("chooses the topic of the presence once", async () => {
    let calls = 0;
    const { presence, member } = await serveRoom({}, { topic: () => `lobby ${++calls}` });
    expect(eventsOf(await (await member("alice")).settle())).toEqual(["phx_reply", "presence_state"]);
    expect([presence.topics(), calls]).toEqual([["lobby 1"], 1]);
  });

  it("ends a channel that a listener of its presence stops, after the reply", async () => {
    const sockets: ChannelSocket<User>[] = [];
    const { presence, member } = await serveRoom(
      {},
      { join: (_payload, socket) => void sockets.push(socket) },
    );
    presence.once("diff", () => sockets[0]!.stop());
    const alice = await member("alice");
    expect(eventsOf(await alice.settle())).toEqual(["phx_reply", "phx_close"]);
    expect(presence.count("room:a")).toBe(0);
  });
});

describe("under a leave delay,", () => {
  it.each([
    [
      "the client leaves its channel",
      (alice: RawClient) => alice.send(["1", "2", "room:a", "phx_leave", {}]),
    ],
    ["the server stops the channel", (alice: RawClient) => alice.send(["1", "2", "room:a", "normal", {}])],
    ["the server shuts it down", (alice: RawClient) => alice.send(["1", "2", "room:a", "shutdown", {}])],
  ])("a presence leaves at once when %s", async (_why, end) => {
    const { presence, member } = await serveRoom({ leaveDelayMs: 60_000 });
    const [alice, bob] = [await member("alice"), await member("bob")];
    await bob.settle();
    end(alice);
    await alice.settle();
    expect([eventsOf(await bob.settle()), presence.count("room:a")]).toEqual([["-alice"], 1]);
  });

  it.each([
    ["the connection is lost", (alice: RawClient) => alice.socket.terminate()],
    [
      "the client closes its socket, as a page does that is loaded again",
      (alice: RawClient) => alice.socket.close(),
    ],
    ["the channel crashes", (alice: RawClient) => alice.send(["1", "2", "room:a", "crash", {}])],
    [
      "the server stops it for another reason",
      (alice: RawClient) => alice.send(["1", "2", "room:a", "tired", {}]),
    ],
  ])("a presence waits when %s", async (_why, end) => {
    const ended: string[] = [];
    const { presence, member, clock } = await serveRoom(
      { leaveDelayMs: 60_000 },
      { terminate: (reason) => void ended.push(reason) },
    );
    const [alice, bob] = [await member("alice"), await member("bob")];
    await bob.settle();
    end(alice);
    await waitUntil(() => ended.length === 1, "the channel to end");
    expect([await bob.settle(), presence.count("room:a")]).toEqual([[], 2]);
    clock.advance(59_999);
    expect(await bob.settle()).toEqual([]);
    clock.advance(1);
    expect([eventsOf(await bob.settle()), presence.count("room:a")]).toEqual([["-alice"], 1]);
  });

  it("the presences that a channel tracked elsewhere leave with it, and those of other channels stay", async () => {
    const { presence, member } = await serveRoom(
      { leaveDelayMs: 60_000 },
      { join: (_payload, socket) => void presence.track(socket, `extra ${socket.topic}`, "alice") },
    );
    const alice = await member("alice");
    alice.send(["2", "2", "room:b", "phx_join", {}]);
    await alice.settle();
    alice.send(["1", "3", "room:a", "phx_leave", {}]);
    await alice.settle();
    expect(presence.topics().sort()).toEqual(["extra room:b", "room:b"]);
  });

  it("a client that joins again is one diff, and no change of the count", async () => {
    const { presence, member } = await serveRoom({ leaveDelayMs: 60_000 });
    const counts: number[] = [];
    const [alice, bob] = [await member("alice"), await member("bob")];
    await bob.settle();
    presence.on("diff", () => counts.push(presence.count("room:a")));
    alice.send(["2", "2", "room:a", "phx_join", {}]);
    await alice.settle();
    expect([eventsOf(await bob.settle()), counts]).toEqual([["+alice -alice"], [2]]);
  });

  it("a channel of your own leaves at once too", async () => {
    const presence = await createPresence({ pubsub: memoryPubSub(), leaveDelayMs: 60_000 });
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", {
      join: (_payload, socket) => void presence.track(socket, socket.topic, "alice", {} satisfies Meta),
    });
    const alice = await client();
    alice.send(["1", "1", "room:a", "phx_join", {}], ["1", "2", "room:a", "phx_leave", {}]);
    await alice.settle();
    expect(presence.count("room:a")).toBe(0);
    await presence.close();
  });
});
