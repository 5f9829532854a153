import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it, onTestFinished } from "vitest";
import { createPresence } from "../../src/presence/create-presence.ts";
import type { Listener, PubSub } from "../../src/pubsub/pubsub.ts";
import { manualClock } from "../../src/testing/index.ts";
import { createTracker, type Hearing, type Tracker } from "../../src/tracker/index.ts";

const DOWN_PERIOD_MS = 30_000;
/** Two heartbeats, and the period in which the second should have come back. */
const DETECTION_MS = 2 * 16_500 + 3_000;

/** A bus between named nodes whose links can be cut in each direction, without any call that fails. */
function setup() {
  const clock = manualClock();
  const nodes = new Map<string, Map<string, Set<Listener>>>();
  const cut = new Set<string>();
  const watchers = new Map<string, (isConnected: boolean) => void>();

  function pubsubOf(name: string): PubSub {
    const topics = new Map<string, Set<Listener>>();
    nodes.set(name, topics);
    return {
      subscribe(topic, listener) {
        topics.set(topic, (topics.get(topic) ?? new Set()).add(listener));
      },
      unsubscribe: (topic, listener) => void topics.get(topic)?.delete(listener),
      publish(topic, bytes) {
        const message = bytes.slice();
        queueMicrotask(() => {
          for (const [to, byTopic] of nodes) {
            if (cut.has(`${name} ${to}`)) continue;
            for (const listener of [...(byTopic.get(topic) ?? [])]) listener(message);
          }
        });
      },
      watchConnection(watcher) {
        watchers.set(name, watcher);
        watcher(true);
        return () => watchers.delete(name);
      },
      async close() {},
    };
  }

  async function start(name: string, options: object = {}) {
    const tracker = await createTracker({ pubsub: pubsubOf(name), clock, replicaName: name, ...options });
    onTestFinished(() => closed(tracker));
    return { tracker, ...record(tracker) };
  }

  /** Advances in small steps, so that messages arrive in between. */
  async function advance(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 250) {
      clock.advance(250);
      for (let hop = 0; hop < 20; hop++) await Promise.resolve();
    }
  }

  async function closed(tracker: Tracker): Promise<void> {
    const closing = tracker.close();
    await advance(5_000);
    await closing;
  }

  return {
    start,
    advance,
    pubsubOf,
    clock,
    cut: (from: string, to: string) => void cut.add(`${from} ${to}`),
    heal: () => cut.clear(),
    setConnected: (name: string, isConnected: boolean) => watchers.get(name)!(isConnected),
  };
}

interface Emitter {
  on(name: "hearing", listener: (hearing: Hearing) => void): unknown;
  on(name: "error", listener: (error: Error) => void): unknown;
}

function record(tracker: Emitter) {
  const events: string[] = [];
  const errors: string[] = [];
  tracker.on("hearing", (hearing) => events.push(hearing));
  tracker.on("error", (error) => errors.push(`${(error as { code?: string }).code}: ${error.message}`));
  return { events, errors };
}

/** What `replicas()` says, as `name problem` for each replica that has one. */
function problems(tracker: Tracker): string[] {
  return tracker
    .replicas()
    .flatMap(({ name, hearing }) => (hearing === undefined ? [] : [`${name} ${hearing}`]));
}

describe("a node that receives nothing", () => {
  it("says so after downPeriodMs, once, and says when it hears again", async () => {
    const { start, advance, cut, heal } = setup();
    const { tracker: tokyo, events, errors } = await start("tokyo");
    const paris = await start("paris");
    await advance(60_000);
    expect([events, errors, problems(tokyo)]).toEqual([[], [], []]);

    for (const from of ["tokyo", "paris"]) cut(from, "tokyo");
    await advance(DOWN_PERIOD_MS - 2_000);
    expect([events, errors]).toEqual([[], []]);
    await advance(DETECTION_MS);
    expect(events).toEqual(["deaf"]);
    expect(errors).toEqual([
      expect.stringMatching(
        /^NOT_HEARD: This node is deaf: it receives nothing, not even its own messages, .* 3\d s\./,
      ),
    ]);
    expect(problems(tokyo)).toEqual(["tokyo deaf"]);
    expect([paris.events, paris.errors]).toEqual([[], []]);

    await advance(300_000);
    expect(errors).toHaveLength(1);

    heal();
    await advance(20_000);
    expect(events).toEqual(["deaf", "ok"]);
    expect(problems(tokyo)).toEqual([]);

    for (const from of ["tokyo", "paris"]) cut(from, "tokyo");
    await advance(DOWN_PERIOD_MS + DETECTION_MS);
    expect(events).toEqual(["deaf", "ok", "deaf"]);
    expect(errors).toHaveLength(2);
  });

  it("says so when it never heard anything, and has no peers", async () => {
    const { start, advance, cut } = setup();
    cut("tokyo", "tokyo");
    const { events, errors } = await start("tokyo");
    await advance(DOWN_PERIOD_MS + DETECTION_MS);
    expect([events, errors.length]).toEqual([["deaf"], 1]);
  });

  it("says so after a lost connection of downPeriodMs, but not after a short one", async () => {
    const { start, advance, cut, heal, setConnected } = setup();
    const { tracker, events, errors } = await start("tokyo");
    await advance(20_000);
    setConnected("tokyo", false);
    cut("tokyo", "tokyo");
    await advance(DOWN_PERIOD_MS - 2_000);
    heal();
    setConnected("tokyo", true);
    await advance(60_000);
    expect([events, errors]).toEqual([[], []]);

    setConnected("tokyo", false);
    cut("tokyo", "tokyo");
    await advance(DOWN_PERIOD_MS + 3_000);
    expect(events).toEqual(["deaf"]);
    expect(errors).toEqual([expect.stringContaining("This node is deaf: the transport is not connected.")]);

    setConnected("tokyo", true);
    await advance(60_000);
    expect(events, "connected, but it still hears nothing").toEqual(["deaf"]);
    heal();
    await advance(20_000);
    expect(events).toEqual(["deaf", "ok"]);
    expect(problems(tracker)).toEqual([]);
  });

  it("says nothing after a pause of its process", async () => {
    const { start, advance, clock } = setup();
    let pausedMs = 0;
    const { events, errors } = await start("tokyo", {
      clock: { ...clock, now: () => clock.now() + pausedMs },
    });
    await start("paris");
    for (let pause = 1; pause < 20; pause++) {
      await advance(4_750);
      pausedMs += 600_000;
    }
    await advance(60_000);
    expect([events, errors]).toEqual([[], []]);
  });

  it("does not count a pause of its process as part of an outage", async () => {
    const { start, advance, clock, cut, setConnected } = setup();
    let pausedMs = 0;
    const { events, errors } = await start("tokyo", {
      clock: { ...clock, now: () => clock.now() + pausedMs },
    });
    await start("paris");
    await advance(20_000);
    setConnected("tokyo", false);
    cut("paris", "tokyo");
    await advance(DOWN_PERIOD_MS - 10_000);
    pausedMs += 600_000;
    await advance(DOWN_PERIOD_MS - 10_000);
    expect([events, errors]).toEqual([[], []]);
    await advance(20_000);
    expect(events, "the outage goes on for longer than that").toEqual(["deaf"]);
  });
});

describe("a node that no other node receives", () => {
  it("says that it is mute when it hears others, but not itself", async () => {
    const { start, advance, cut, heal } = setup();
    const { tracker: tokyo, events, errors } = await start("tokyo");
    const paris = await start("paris");
    await advance(60_000);
    for (const to of ["tokyo", "paris"]) cut("tokyo", to);
    await advance(DOWN_PERIOD_MS + DETECTION_MS);
    expect(events).toEqual(["mute"]);
    expect(errors).toEqual([
      expect.stringMatching(/^NOT_HEARD: This node is mute: it receives messages of other nodes/),
    ]);
    expect(problems(tokyo)[0]).toBe("tokyo mute");
    expect(paris.errors).toEqual([]);
    heal();
    await advance(20_000);
    expect(events).toEqual(["mute", "ok"]);
    expect(problems(tokyo)).toEqual([]);
  });

  it("says that it is mute when it hears itself and others, but no peer lists it", async () => {
    const { start, advance, cut, heal } = setup();
    const { tracker: tokyo, events, errors } = await start("tokyo");
    const [paris] = [await start("paris"), await start("lima")];
    await advance(60_000);
    for (const to of ["paris", "lima"]) cut("tokyo", to);
    // First the others take it for down, and then they stop listing it.
    await advance(2 * DOWN_PERIOD_MS + DETECTION_MS);
    expect(events).toEqual(["mute"]);
    expect(errors).toHaveLength(1);
    expect(problems(tokyo).sort()).toEqual(["lima deaf", "paris deaf", "tokyo mute"]);
    expect(paris.errors).toEqual([]);
    await advance(300_000);
    expect(errors).toHaveLength(1);
    heal();
    await advance(30_000);
    expect(events).toEqual(["mute", "ok"]);
    expect(problems(tokyo)).toEqual([]);
  });

  it("says that only one peer is deaf when the others list it", async () => {
    const { start, advance, cut } = setup();
    const { tracker: tokyo, events } = await start("tokyo");
    await start("paris");
    await start("lima");
    await advance(60_000);
    cut("tokyo", "lima");
    await advance(2 * DOWN_PERIOD_MS + DETECTION_MS);
    expect(problems(tokyo)).toEqual(["lima deaf"]);
    expect(events).toEqual([]);
  });

  it("says nothing while peers beat seldom, or when it has another id", async () => {
    const { start, advance } = setup();
    const { events, errors } = await start("tokyo", {
      broadcastPeriodMs: 150,
      downPeriodMs: 3_300,
      permdownPeriodMs: 6_000_000,
    });
    await start("paris", { downPeriodMs: 600_000, permdownPeriodMs: 6_000_000 });
    await advance(120_000);
    expect([events, errors]).toEqual([[], []]);
    await start("osaka", { replicaName: "tokyo" });
    await advance(120_000);
    expect([events, errors]).toEqual([[], []]);
  });
});

it("tells a presence and the diagnostics channel too", async () => {
  const { advance, cut, heal, clock, pubsubOf } = setup();
  const seen: unknown[] = [];
  const onMessage = (message: unknown) => void seen.push(message);
  subscribe("rollcall:hearing", onMessage);
  onTestFinished(() => void unsubscribe("rollcall:hearing", onMessage));
  const presence = await createPresence({ pubsub: pubsubOf("tokyo"), clock, replicaName: "tokyo" });
  const { events, errors } = record(presence);
  cut("tokyo", "tokyo");
  await advance(DOWN_PERIOD_MS + DETECTION_MS);
  expect(presence.replicas()[0]).toMatchObject({ name: "tokyo", hearing: "deaf" });
  heal();
  await advance(20_000);
  expect([events, errors.length]).toEqual([["deaf", "ok"], 1]);
  const origin = { clusterName: "rollcall", replicaName: "tokyo" };
  expect(seen).toEqual([
    { ...origin, hearing: "deaf" },
    { ...origin, hearing: "ok" },
  ]);
  const closing = presence.close();
  await advance(5_000);
  await closing;
});

it("becomes a process warning without a listener, with a code", async () => {
  const { start, advance, cut } = setup();
  const { tracker } = await start("tokyo");
  const codes: unknown[] = [];
  tracker.on("error", (error) => codes.push((error as { code?: string }).code, error.name));
  cut("tokyo", "tokyo");
  await advance(DOWN_PERIOD_MS + DETECTION_MS);
  expect(codes).toEqual(["NOT_HEARD", "NotHeardError"]);
});
