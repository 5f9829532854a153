import { EventEmitter } from "node:events";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTracker, type LimitError, memoryPubSub, type TrackerOptions } from "../../../src/index.ts";
import { manualClock } from "../../../src/testing/index.ts";
import { CONNECTION } from "../../../src/tracker/owners/connection-of.ts";
import type { Tracker } from "../../../src/tracker/tracker.ts";
import { PROPERTY_RUNS } from "../../support/property-runs.ts";
import { diffsOf } from "../open-tracker.ts";

const LIMIT = "maxPresenceChangesPerSecond";

/** A tracker on a manual clock. It needs no close, as nothing else holds it. */
function openTracker(options: Partial<TrackerOptions> = {}): Promise<Tracker> {
  return createTracker({ pubsub: memoryPubSub(), clock: manualClock(), ...options });
}

/** The name of the limit that a call exceeds. */
function limitOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as LimitError).limit;
  }
}

/** Calls it until it throws. Returns how often it did not. */
function callsUntilLimit(call: () => unknown): number {
  for (let count = 0; count < 10_000; count++) if (limitOf(call) !== undefined) return count;
  return Number.POSITIVE_INFINITY;
}

/** A channel of a connection, as the tracker sees it. */
function channelOf(connection: object): EventEmitter {
  return Object.assign(new EventEmitter(), { [CONNECTION]: connection });
}

async function serve(options: Partial<TrackerOptions> = { maxPresenceChangesPerSecond: 10 }) {
  const clock = manualClock();
  const tokyo: Tracker = await openTracker({ clock, ...options });
  tokyo.track("alice", "lobby", "alice", { n: 0 });
  let n = 0;
  const update = () => tokyo.update("alice", "lobby", "alice", { n: ++n });
  return { clock, tokyo, update, n: () => tokyo.getByKey("lobby", "alice")[0]?.["n"] };
}

describe("an owner over maxPresenceChangesPerSecond", () => {
  it("can't update: a LimitError says what is allowed, and nothing changes", async () => {
    const { tokyo, update, n } = await serve();
    const diffs = diffsOf(tokyo);
    expect(callsUntilLimit(update)).toBe(10);
    expect(update).toThrow(
      /within a second; maxPresenceChangesPerSecond is 10\. .* raise maxPresenceChangesPerSecond/,
    );
    expect([n(), diffs.length]).toEqual([10, 10]);
    expect(limitOf(() => tokyo.update("alice", "lobby", "alice", () => expect.fail("it was called")))).toBe(
      LIMIT,
    );
  });

  it("can again as time passes, and not because the event loop stands still", async () => {
    const clock = manualClock();
    let stalledMs = 0;
    const { tokyo, update } = await serve({
      maxPresenceChangesPerSecond: 10,
      clock: { ...clock, now: () => clock.now() + stalledMs },
    });
    callsUntilLimit(update);
    stalledMs = 44_000;
    expect(callsUntilLimit(update)).toBe(0);
    clock.advance(25);
    clock.advance(250);
    expect(callsUntilLimit(update)).toBe(3);
    clock.advance(60_000);
    expect(callsUntilLimit(update)).toBe(10);
    expect(tokyo.count("lobby")).toBe(1);
  });

  it("can't get around it by untrack and track, and may always leave", async () => {
    const { clock, tokyo } = await serve();
    const cycle = () => {
      tokyo.untrack("alice", "lobby", "alice");
      tokyo.track("alice", "lobby", "alice");
    };
    expect(callsUntilLimit(cycle)).toBe(9);
    expect(tokyo.count("lobby")).toBe(0);
    expect(limitOf(() => tokyo.track("alice", "attic", "alice"))).toBe(LIMIT);
    clock.advance(100);
    tokyo.track("alice", "lobby", "alice");
    tokyo.untrack("alice");
    tokyo.end("alice");
    expect(tokyo.count("lobby")).toBe(0);
  });

  it("keeps no one else from changing", async () => {
    const { tokyo, update } = await serve();
    callsUntilLimit(update);
    tokyo.track("bob", "lobby", "bob");
    tokyo.update("bob", "lobby", "bob", { typing: true });
    expect(tokyo.count("lobby")).toBe(2);
  });

  it("may have tracked any number of presences, and untracked them in one call", async () => {
    const { tokyo } = await serve();
    for (let room = 0; room < 1_000; room++) tokyo.track("gateway", `room:${room}`, "gateway");
    tokyo.untrack("gateway");
    expect(tokyo.topics()).toEqual(["lobby"]);
    expect(limitOf(() => tokyo.track("gateway", "room:0", "gateway"))).toBe(LIMIT);
  });

  it("may be an owner that has ended already: each track is a change", async () => {
    const { tokyo } = await serve();
    const ended = AbortSignal.abort();
    expect(callsUntilLimit(() => tokyo.track(ended, "lobby", "bob"))).toBe(10);
  });

  it("may come back with the same meta within leaveDelayMs, and not with another one", async () => {
    const tokyo = await openTracker({
      clock: manualClock(),
      maxPresenceChangesPerSecond: 1,
      leaveDelayMs: 5_000,
    });
    tokyo.track("alice", "lobby", "alice", { n: 0 });
    tokyo.update("alice", "lobby", "alice", { n: 1 });
    tokyo.end("alice");
    expect(limitOf(() => tokyo.track("alice", "lobby", "alice", { n: 2 }))).toBe(LIMIT);
    tokyo.track("alice", "lobby", "alice", { n: 1 });
    expect(tokyo.list("lobby")).toMatchObject([["alice", { n: 1 }]]);
  });

  it("may be any of the channels of one connection", async () => {
    const { tokyo } = await serve();
    const connection = {};
    const [lobby, attic] = [channelOf(connection), channelOf(connection)];
    tokyo.track(lobby, "lobby", "bob");
    tokyo.track(attic, "attic", "bob");
    expect(callsUntilLimit(() => tokyo.update(lobby, "lobby", "bob", {}))).toBe(10);
    expect(limitOf(() => tokyo.update(attic, "attic", "bob", {}))).toBe(LIMIT);
    const other = channelOf({});
    tokyo.track(other, "lobby", "carol");
    tokyo.update(other, "lobby", "carol", {});
  });

  it("may update 300 times at once by default, and without end with Infinity", async () => {
    const { update } = await serve({});
    expect(callsUntilLimit(update)).toBe(300);
    const endless = await serve({ maxPresenceChangesPerSecond: Number.POSITIVE_INFINITY });
    expect(callsUntilLimit(endless.update)).toBe(Number.POSITIVE_INFINITY);
  });

  it("is judged alike however many other owners have come and gone", async () => {
    const { tokyo, update } = await serve();
    callsUntilLimit(update);
    for (let number = 0; number < 5_000; number++) {
      tokyo.track(`visitor ${number}`, "lobby", "visitor");
      tokyo.untrack(`visitor ${number}`);
    }
    expect(limitOf(update)).toBe(LIMIT);
  });

  it("is refused exactly when a model of its tokens is empty", async () => {
    const step = fc.record({
      kind: fc.constantFrom("update" as const, "cycle" as const, "wait" as const),
      ms: fc.nat(400),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { size: "max", maxLength: 60 }), async (steps) => {
        const { clock, tokyo, update } = await serve({ maxPresenceChangesPerSecond: 5 });
        let tokens = 5;
        for (const { kind, ms } of steps) {
          if (kind === "wait") {
            clock.advance(ms);
            tokens = Math.min(5, tokens + (ms * 5) / 1_000);
            continue;
          }
          if (tokyo.count("lobby") === 0) {
            const isRefused = limitOf(() => tokyo.track("alice", "lobby", "alice")) === LIMIT;
            if (Math.abs(tokens - 1) > 1e-9) expect(isRefused).toBe(tokens < 1);
            if (isRefused) continue;
          }
          if (kind === "cycle") {
            tokyo.untrack("alice", "lobby", "alice");
            tokens = Math.max(0, tokens - 1);
            continue;
          }
          const isRefused = limitOf(update) === LIMIT;
          if (Math.abs(tokens - 1) > 1e-9) expect(isRefused).toBe(tokens < 1);
          if (!isRefused) tokens = Math.max(0, tokens - 1);
        }
      }),
      { numRuns: Math.ceil(PROPERTY_RUNS / 5), endOnFailure: true },
    );
  });
});

describe("maxPerOwner", () => {
  it("bounds all channels of a connection together", async () => {
    const tokyo = await openTracker({ maxPerOwner: 3 });
    const connection = {};
    const channels = [1, 2, 3, 4].map(() => channelOf(connection));
    for (const [index, channel] of channels.entries()) {
      const track = () => tokyo.track(channel, `room:${index}`, "alice");
      if (index < 3) track();
      else expect(limitOf(track)).toBe("maxPerOwner");
    }
    expect(tokyo.topics()).toHaveLength(3);
    channels[0]!.emit("close");
    tokyo.track(channels[3]!, "room:3", "alice");
    expect(limitOf(() => tokyo.track(channels[1]!, "attic", "alice"))).toBe("maxPerOwner");
    tokyo.untrack(channels[1]!);
    tokyo.track(channels[2]!, "attic", "alice");
    tokyo.track(channelOf({}), "attic", "bob");
  });

  it("does not count the pending leaves of channels that have ended", async () => {
    const clock = manualClock();
    const tokyo = await openTracker({ clock, maxPerOwner: 1, leaveDelayMs: 5_000 });
    const connection = {};
    for (let number = 0; number < 5; number++) {
      const channel = channelOf(connection);
      tokyo.track(channel, `room:${number}`, "alice");
      expect(limitOf(() => tokyo.track(channel, "attic", "alice"))).toBe("maxPerOwner");
      channel.emit("close");
    }
    expect(tokyo.topics()).toHaveLength(5);
    clock.advance(5_000);
    expect(tokyo.topics()).toEqual([]);
  });
});
