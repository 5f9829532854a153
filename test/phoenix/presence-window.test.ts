import { describe, expect, it } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import {
  createPresence,
  type Meta,
  memoryPubSub,
  type PresenceOptions,
  type State,
} from "../../src/index.ts";
import { type PresenceChannelOptions, presenceChannel } from "../../src/phoenix/index.ts";
import { manualClock } from "../../src/testing/index.ts";
import type { RawClient, ReceivedFrame } from "./raw-client.ts";
import { serveEndpoint } from "./serve-endpoint.ts";

interface User {
  user: string;
}

/** A presence channel on a manual clock, and how many presences each call of `fetch` got. */
async function serveRoom(
  { diffWindowMs, ...channel }: Partial<PresenceChannelOptions<User>> = {},
  options: Partial<PresenceOptions> = {},
) {
  const clock = manualClock();
  const projected: number[] = [];
  const fetch = (_topic: string, presences: State) => {
    projected.push(Object.keys(presences).length);
    return presences;
  };
  const presence = await createPresence({
    pubsub: memoryPubSub(),
    clock,
    fetch,
    maxPresenceChangesPerSecond: Number.POSITIVE_INFINITY,
    ...options,
  });
  const served = await serveEndpoint<User>({
    connect: (params) => ({ assigns: { user: params.get("user")! } }),
    maxMessagesPerSecond: 10_000,
    maxJoinsPerSecond: 10_000,
    maxPendingMessages: 10_000,
  });
  served.endpoint.channel(
    "room:*",
    presenceChannel<User>({
      presence,
      key: ({ assigns }) => assigns.user,
      ...(diffWindowMs === undefined ? {} : { diffWindowMs }),
      handleIn(_event, payload, socket) {
        presence.update(socket, "room:a", socket.assigns.user, payload as Meta);
      },
      ...channel,
    }),
  );
  const member = async (user: string): Promise<RawClient> => {
    const one = await served.client(`vsn=2.0.0&user=${user}`);
    one.send(["1", "1", "room:a", "phx_join", {}]);
    await one.settle();
    return one;
  };
  return { ...served, presence, clock, projected, member };
}

type PresenceFrame = [joinRef: string | null, ref: null, topic: string, event: string, payload: object];

/** The presence events of these frames. */
function presenceFrames(frames: readonly ReceivedFrame[], event: string): PresenceFrame[] {
  return (frames as PresenceFrame[]).filter((frame) => frame[3] === event);
}

/** The refs that a client knows after these frames. Throws if a diff repeats or misses something. */
function refsAfter(frames: readonly ReceivedFrame[]): string[] {
  const refsOf = (state: State): string[] =>
    Object.values(state).flatMap(({ metas }) => metas.map(({ phx_ref }) => phx_ref));
  let refs = new Set<string>();
  for (const [, , , event, payload] of frames as PresenceFrame[]) {
    if (event === "presence_state") refs = new Set(refsOf(payload as State));
    if (event !== "presence_diff") continue;
    const { joins, leaves } = payload as { joins: State; leaves: State };
    for (const ref of refsOf(leaves)) expect(refs.delete(ref), `the leave of ${ref}`).toBe(true);
    for (const ref of refsOf(joins)) expect(refs.has(ref), `the join of ${ref}`).toBe(false);
    for (const ref of refsOf(joins)) refs.add(ref);
  }
  return [...refs].sort();
}

const refsIn = async (presence: { list(topic: string): Promise<State> }): Promise<string[]> =>
  refsAfter([["1", null, "room:a", "presence_state", await presence.list("room:a")]]);

describe("a presence channel", () => {
  it.each([300, 1_100])("makes at most two diffs of %i updates in one packet", async (count) => {
    const { presence, clock, projected, member } = await serveRoom();
    for (let user = 0; user < 500; user++) presence.track("crowd", "room:a", `user ${user}`);
    const [alice, mallory] = [await member("alice"), await member("mallory")];
    clock.advance(100);
    await alice.settle();
    projected.length = 0;
    mallory.sendAtOnce(
      ...Array.from({ length: count }, (_, n) => ["1", `${n}`, "room:a", "update", { n: n + 1 }]),
    );
    await mallory.settle();
    const burst = await alice.settle();
    clock.advance(50);
    burst.push(...(await alice.settle()));
    clock.advance(1_000);
    expect(await alice.settle()).toEqual([]);
    const diffs = presenceFrames(burst, "presence_diff");
    expect(diffs.length).toBeGreaterThan(0);
    expect(diffs.length).toBeLessThanOrEqual(2);
    expect(diffs.at(-1)![4]).toMatchObject({ joins: { mallory: { metas: [{ n: count }] } } });
    expect(projected.every((size) => size <= 1)).toBe(true);
  });

  it("sends the first change at once, and the changes of the next 50 ms as one diff", async () => {
    const { presence, clock, member } = await serveRoom();
    const alice = await member("alice");
    presence.track("b", "room:a", "bob");
    expect(presenceFrames(await alice.settle(), "presence_diff")).toHaveLength(1);
    presence.track("c", "room:a", "carol");
    presence.untrack("b");
    expect(await alice.settle()).toEqual([]);
    clock.advance(49);
    expect(await alice.settle()).toEqual([]);
    clock.advance(1);
    const [diff] = presenceFrames(await alice.settle(), "presence_diff");
    expect(diff![4]).toMatchObject({ joins: { carol: {} }, leaves: { bob: {} } });
  });

  it("takes another window, and sends every change with 0", async () => {
    const slow = await serveRoom({ diffWindowMs: 1_000 });
    const alice = await slow.member("alice");
    slow.presence.track("b", "room:a", "bob");
    slow.presence.track("c", "room:a", "carol");
    await alice.settle();
    slow.presence.track("d", "room:a", "dave");
    slow.clock.advance(999);
    expect(await alice.settle()).toEqual([]);
    slow.clock.advance(1);
    expect(await alice.settle()).toHaveLength(1);

    const quick = await serveRoom({ diffWindowMs: 0 });
    const bob = await quick.member("bob");
    for (const name of ["carol", "dave", "erin"]) quick.presence.track(name, "room:a", name);
    expect(await bob.settle()).toHaveLength(3);
  });

  it("makes one state and one diff per window for 300 joins in one packet", async () => {
    const { presence, clock, projected, member, client, errors } = await serveRoom();
    for (let user = 0; user < 2_000; user++) presence.track("crowd", "room:a", `user ${user}`);
    const alice = await member("alice");
    clock.advance(100);
    const aliceFrames = [["", "", "", "presence_state", await presence.list("room:a")] as ReceivedFrame];
    projected.length = 0;
    const mallory = await client("vsn=2.0.0&user=mallory");
    mallory.sendAtOnce(...Array.from({ length: 300 }, (_, n) => [`${n}`, `${n}`, "room:a", "phx_join", {}]));
    const frames = [...(await mallory.settle())];
    aliceFrames.push(...(await alice.settle()));
    clock.advance(50);
    frames.push(...(await mallory.settle()));
    aliceFrames.push(...(await alice.settle()));
    expect(projected.filter((size) => size > 2_000).length).toBeLessThanOrEqual(2);
    expect(presenceFrames(aliceFrames, "presence_diff").length).toBeLessThanOrEqual(2);
    expect(presenceFrames(frames, "presence_state").at(-1)![0]).toBe("299");
    const refs = await refsIn(presence);
    expect([refs.length, errors]).toEqual([2_002, []]);
    expect([refsAfter(aliceFrames), refsAfter(frames)]).toEqual([refs, refs]);
  });

  it("makes one diff of a client that joins again, and one text for all its members", async () => {
    const { clock, member, projected } = await serveRoom();
    const [alice, bob] = [await member("alice"), await member("bob")];
    clock.advance(100);
    await alice.settle();
    projected.length = 0;
    bob.send(["2", "2", "room:a", "phx_join", {}]);
    await bob.settle();
    const [diff, ...others] = await alice.settle();
    expect((diff as PresenceFrame)[4]).toMatchObject({ joins: { bob: {} }, leaves: { bob: {} } });
    expect([others, projected]).toEqual([[], [1, 1, 2]]);
  });

  it("sends a newcomer a state, and then no diff that the state contains, in a busy room", async () => {
    const { presence, clock, member, client } = await serveRoom();
    const alice = await member("alice");
    const newcomers: RawClient[] = [];
    for (let step = 0; step < 40; step++) {
      presence.track(`owner ${step}`, "room:a", `user ${step % 7}`);
      if (step > 3) presence.untrack(`owner ${step - 3}`);
      if (step % 4 === 0) {
        const one = await client(`vsn=2.0.0&user=new${step}`);
        one.send(["1", "1", "room:a", "phx_join", {}]);
        newcomers.push(one);
      }
      await alice.settle();
      clock.advance(step % 3 === 0 ? 50 : 7);
    }
    clock.advance(50);
    for (const one of newcomers) await one.settle().then((frames) => one.frames.unshift(...frames));
    const refs = await refsIn(presence);
    for (const one of newcomers) expect(refsAfter(one.frames)).toEqual(refs);
  });

  it.each([0, 50])(
    "projects nothing for a client that joins and leaves at once, with a window of %i ms",
    async (diffWindowMs) => {
      const { presence, projected, client, clock } = await serveRoom({ diffWindowMs });
      const alice = await client("vsn=2.0.0&user=alice");
      alice.sendAtOnce(["1", "1", "room:a", "phx_join", {}], ["1", "2", "room:a", "phx_leave", {}]);
      expect(presenceFrames(await alice.settle(), "presence_state")).toEqual([]);
      clock.advance(100);
      expect([presence.count("room:a"), projected]).toEqual([0, []]);
    },
  );

  it.each([0, 50])(
    "projects no leave for the channels of the connection that ends, with a window of %i ms",
    async (diffWindowMs) => {
      const { presence, projected, client, clock } = await serveRoom({
        diffWindowMs,
        topic: () => "lobby",
      });
      const alice = await client("vsn=2.0.0&user=alice");
      for (const room of ["a", "b", "c"]) alice.send([room, room, `room:${room}`, "phx_join", {}]);
      await alice.settle();
      clock.advance(100);
      await alice.settle();
      projected.length = 0;
      alice.socket.terminate();
      await waitUntil(() => presence.count("lobby") === 0, "alice to be gone");
      clock.advance(100);
      expect(projected).toEqual([]);
    },
  );

  it("refuses a window that is not a time in ms", async () => {
    const presence = await createPresence({ pubsub: memoryPubSub() });
    for (const diffWindowMs of [-1, Number.NaN, "50", null, Number.POSITIVE_INFINITY]) {
      const make = () =>
        presenceChannel({ presence, key: () => "alice", diffWindowMs: diffWindowMs as number });
      expect(make).toThrow(/^diffWindowMs is .+; it must be a number of ms from 0 to 1073741824/);
    }
    await presence.close();
  });
});

describe("a channel that tracks and subscribes by itself", () => {
  it.each(["track first", "subscribe first"])(
    "projects nothing for itself when it ends: %s",
    async (order) => {
      let projected = 0;
      const presence = await createPresence({
        pubsub: memoryPubSub(),
        fetch: (_topic, presences: State) => {
          projected++;
          return presences;
        },
      });
      const { endpoint, client } = await serveEndpoint();
      const counts: number[] = [];
      endpoint.channel("room:*", {
        join(_payload, socket) {
          const subscribe = () => presence.subscribe("lobby", () => {}, { owner: socket });
          if (order === "subscribe first") subscribe();
          presence.track(socket, "lobby", "alice");
          if (order === "track first") subscribe();
          socket.on("close", () => counts.push(presence.count("lobby")));
        },
        terminate: () => void counts.push(presence.count("lobby")),
      });
      const alice = await client();
      alice.send(["1", "1", "room:a", "phx_join", {}]);
      await alice.settle();
      projected = 0;
      alice.send(["1", "2", "room:a", "phx_leave", {}]);
      await alice.settle();
      // The listeners of close come before the leave, and terminate comes after it.
      expect([projected, counts]).toEqual([0, [1, 0]]);
      await presence.close();
    },
  );
});
