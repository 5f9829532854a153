import { describe, expect, it, vi } from "vitest";
import type { State } from "../../src/payload.ts";
import type { Presence } from "../../src/presence/presence.ts";
import type { Subscription } from "../../src/presence/subscription.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { flushPromises, manualFetch, openPresence, summaryOf } from "./open-presence.ts";

/** Subscribes with a window of 50 ms and records each message as a text. */
function followLobby<M extends object>(presence: Presence<M>, diffWindowMs = 50) {
  const received: string[] = [];
  const listener = (message: Parameters<typeof summaryOf>[0]) => received.push(summaryOf(message));
  const subscription = presence.subscribe("lobby", listener, { diffWindowMs });
  return { received, stop: () => subscription.unsubscribe() };
}

describe("a subscription with a window of 50 ms", () => {
  it("gets the first change at once, and then at most one diff per window", async () => {
    const { presence, clock } = await openPresence();
    const { received } = followLobby(presence);
    await flushPromises();
    presence.track("a", "lobby", "alice");
    await flushPromises();
    expect(received).toEqual(["state", "+alice"]);
    for (const name of ["bob", "carol", "dave"]) {
      clock.advance(10);
      presence.track(name, "lobby", name);
      await flushPromises();
    }
    clock.advance(19);
    expect(received).toEqual(["state", "+alice"]);
    clock.advance(1);
    expect(received).toEqual(["state", "+alice", "+bob +carol +dave"]);
    presence.untrack("bob");
    clock.advance(49);
    expect(received).toHaveLength(3);
    clock.advance(1);
    expect(received.at(-1)).toBe("-bob");
    clock.advance(50);
    presence.untrack("carol");
    await flushPromises();
    expect(received.at(-1)).toBe("-carol");
  });

  it("gets the changes of one turn as one diff, also the first ones", async () => {
    const { presence } = await openPresence({ maxPresenceChangesPerSecond: Number.POSITIVE_INFINITY });
    presence.track("a", "lobby", "alice");
    const { received } = followLobby(presence);
    await flushPromises();
    presence.untrack("a");
    presence.track("a", "lobby", "alice");
    for (let update = 0; update < 300; update++) presence.update("a", "lobby", "alice", { update });
    presence.track("b", "lobby", "bob");
    presence.untrack("b");
    await flushPromises();
    expect(received).toEqual(["state alice", "+alice -alice"]);
  });

  it("gives a new subscriber the state of the moment at which the others get their diff", async () => {
    const { presence, clock } = await openPresence();
    const alice = followLobby(presence);
    await flushPromises();
    presence.track("b", "lobby", "bob");
    const bob = followLobby(presence);
    await flushPromises();
    expect([alice.received, bob.received]).toEqual([["state", "+bob"], ["state bob"]]);
    clock.advance(10);
    presence.track("c", "lobby", "carol");
    const carol = followLobby(presence);
    await flushPromises();
    clock.advance(30);
    presence.track("d", "lobby", "dave");
    await flushPromises();
    expect([alice.received.length, bob.received.length, carol.received.length]).toEqual([2, 1, 0]);
    clock.advance(10);
    expect([alice.received.at(-1), bob.received.at(-1), carol.received]).toEqual([
      "+carol +dave",
      "+carol +dave",
      ["state bob carol dave"],
    ]);
  });

  it.each([
    ["with others", true],
    ["alone", false],
  ])(
    "makes at most one state per window for a client that comes again and again, %s",
    async (_how, hasOthers) => {
      const projected: number[] = [];
      const fetch = (_topic: string, presences: State) => {
        projected.push(Object.keys(presences).length);
        return presences;
      };
      const { presence, clock } = await openPresence({ fetch });
      for (let user = 0; user < 100; user++) presence.track("crowd", "lobby", `user ${user}`);
      if (hasOthers) followLobby(presence);
      await flushPromises();
      clock.advance(100);
      projected.length = 0;
      let subscription: Subscription | undefined;
      const states: string[] = [];
      for (let rejoin = 0; rejoin < 300; rejoin++) {
        subscription?.unsubscribe();
        presence.untrack("m");
        presence.track("m", "lobby", "mallory");
        subscription = presence.subscribe("lobby", (message) => states.push(message.event), {
          diffWindowMs: 50,
        });
        // Each rejoin is a turn of its own, and 5 of them come per ms.
        await flushPromises();
        if (rejoin % 5 === 4) clock.advance(1);
      }
      // 60 ms: the first state at once, and one at the end of the first window.
      expect(projected.filter((size) => size > 100)).toEqual([101, 101]);
      expect(states).toEqual(["presence_state", "presence_state"]);
    },
  );

  it("calls a slow fetch once for clients that come again and again, also if they are alone", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence } = await openPresence({ fetch });
    let { stop } = followLobby(presence);
    for (let rejoin = 0; rejoin < 300; rejoin++) {
      await flushPromises();
      stop();
      presence.untrack("m");
      presence.track("m", "lobby", "mallory");
      ({ stop } = followLobby(presence));
    }
    expect(pendingCalls).toHaveLength(1);
  });

  it("gives subscribers that come while nothing changes the same state at once", async () => {
    const fetch = vi.fn((_topic: string, presences: State) => presences);
    const { presence } = await openPresence({ fetch });
    presence.track("a", "lobby", "alice");
    const messages = new Set<unknown>();
    for (let subscriber = 0; subscriber < 300; subscriber++) {
      presence.subscribe("lobby", (message) => messages.add(message), { diffWindowMs: 50 }).unsubscribe();
      presence.subscribe("lobby", (message) => messages.add(message), { diffWindowMs: 50 });
      await flushPromises();
    }
    expect([messages.size, fetch.mock.calls.length]).toEqual([1, 1]);
  });

  it("rests for a window after a message was sent, however long it took to make", async () => {
    let busy = () => {};
    const { presence, clock } = await openPresence({
      fetch: (_topic, presences: State) => {
        busy();
        return presences;
      },
    });
    const { received } = followLobby(presence);
    await flushPromises();
    busy = () => clock.advance(100);
    presence.track("a", "lobby", "alice");
    await flushPromises();
    busy = () => {};
    presence.track("b", "lobby", "bob");
    await flushPromises();
    expect(received).toEqual(["state", "+alice"]);
    clock.advance(49);
    expect(received).toEqual(["state", "+alice"]);
    clock.advance(1);
    expect(received).toEqual(["state", "+alice", "+bob"]);
  });

  it("counts the time that its listeners take", async () => {
    const { presence, clock } = await openPresence();
    const times: number[] = [];
    presence.subscribe(
      "lobby",
      () => {
        times.push(clock.now());
        clock.advance(100);
      },
      { diffWindowMs: 50 },
    );
    await flushPromises();
    // A listener keeps the turn for so long that the next batch waits for a later one.
    for (const name of ["alice", "bob"]) {
      presence.track(name, "lobby", name);
      await flushPromises();
      await flushPromises();
    }
    clock.advance(50);
    await flushPromises();
    expect(times).toEqual([0, 100, 250]);
  });

  it("makes the states of many topics in several turns if they take long", async () => {
    const topics: string[] = [];
    const clock = manualClock();
    const { presence } = await openPresence({
      clock,
      fetch: (topic, presences: State) => {
        topics.push(topic);
        clock.advance(15);
        return presences;
      },
    });
    let received = 0;
    for (const topic of ["a", "b", "c", "d", "e"])
      presence.subscribe(topic, () => void received++, { diffWindowMs: 50 });
    await Promise.resolve();
    await Promise.resolve();
    expect(topics).toEqual(["a", "b"]);
    await flushPromises();
    expect(topics).toEqual(["a", "b", "c", "d"]);
    await flushPromises();
    expect([topics, received]).toEqual([["a", "b", "c", "d", "e"], 5]);
  });

  it("makes no state for a subscriber that is gone at the end of the turn", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence } = await openPresence({ fetch });
    const { stop } = followLobby(presence);
    presence.track("a", "lobby", "alice");
    presence.untrack("a");
    stop();
    await flushPromises();
    expect(pendingCalls).toEqual([]);
  });

  it("shares a feed with all subscribers of the same window, and with no others", async () => {
    const fetch = vi.fn((_topic: string, presences: State) => presences);
    const { presence, clock } = await openPresence({ fetch });
    const slow = [followLobby(presence, 1_000), followLobby(presence, 1_000)];
    const [quick, immediate] = [followLobby(presence, 50), followLobby(presence, 0)];
    await flushPromises();
    expect(fetch).toHaveBeenCalledTimes(3);
    presence.track("a", "lobby", "alice");
    expect(immediate.received).toEqual(["state", "+alice"]);
    await flushPromises();
    presence.track("b", "lobby", "bob");
    expect(immediate.received.at(-1)).toBe("+bob");
    clock.advance(50);
    expect([quick.received, slow[0]!.received]).toEqual([
      ["state", "+alice", "+bob"],
      ["state", "+alice"],
    ]);
    clock.advance(950);
    for (const { received } of slow) expect(received).toEqual(["state", "+alice", "+bob"]);
    // Each of the three feeds has a state and two diffs, and each join and each leave is a call.
    expect(fetch).toHaveBeenCalledTimes(3 * 5);
  });

  it("collects the changes for the diffWindowMs of the presence too", async () => {
    const { presence, clock } = await openPresence({ diffWindowMs: 100 });
    const { received } = followLobby(presence, 1_000);
    await flushPromises();
    presence.track("a", "lobby", "alice");
    await flushPromises();
    clock.advance(99);
    expect(received).toEqual(["state"]);
    clock.advance(1);
    expect(received).toEqual(["state", "+alice"]);
    presence.track("b", "lobby", "bob");
    clock.advance(999);
    expect(received).toHaveLength(2);
    clock.advance(1);
    expect(received.at(-1)).toBe("+bob");
  });

  it("does not delay the diff event", async () => {
    const { presence } = await openPresence();
    followLobby(presence);
    await flushPromises();
    const diffs: string[] = [];
    presence.on("diff", (diff) => diffs.push(Object.keys(diff.get("lobby")!.joins).join()));
    presence.track("a", "lobby", "alice");
    presence.track("b", "lobby", "bob");
    expect(diffs).toEqual(["alice", "bob"]);
  });

  it("ends with its last subscriber", async () => {
    const fetch = vi.fn((_topic: string, presences: State) => presences);
    const { presence, clock } = await openPresence({ fetch });
    const { stop } = followLobby(presence);
    await flushPromises();
    presence.track("a", "lobby", "alice");
    await flushPromises();
    presence.track("b", "lobby", "bob");
    stop();
    stop();
    clock.advance(1_000);
    presence.track("c", "lobby", "carol");
    await flushPromises();
    expect(fetch).toHaveBeenCalledTimes(3);
  });

  it("must be a time in ms", async () => {
    const { presence } = await openPresence();
    for (const diffWindowMs of [-1, Number.NaN, "50", Number.POSITIVE_INFINITY, null, 2 ** 31]) {
      const subscribe = () => presence.subscribe("lobby", () => {}, { diffWindowMs: diffWindowMs as number });
      expect(subscribe).toThrow("it must be a number of ms from 0 to 1073741824");
      expect(subscribe).toThrow(TypeError);
    }
    const misspelt = { diffwindow: 50 } as { diffWindowMs?: number };
    expect(() => presence.subscribe("lobby", () => {}, misspelt)).toThrow("Did you mean diffWindowMs?");
    expect(() => presence.subscribe("lobby", () => {}, 50 as never)).toThrow("options is 50");
  });
});

describe("a subscriber without a window", () => {
  it("that unsubscribes when its socket closes gets no state for the leave of its own presence", async () => {
    const { fetch, pendingCalls } = manualFetch();
    const { presence } = await openPresence({ fetch });
    const socket = new EventTarget();
    // The tracker's listener comes first.
    presence.track(socket, "lobby", "alice");
    const { stop } = followLobby(presence, 0);
    socket.addEventListener("close", stop);
    socket.dispatchEvent(new Event("close"));
    await flushPromises();
    expect([presence.count("lobby"), pendingCalls]).toEqual([0, []]);
  });
});
