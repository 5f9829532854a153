import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import type { Tracker } from "../../src/tracker/tracker.ts";
import { CURRENT_VERSION, createTrackerSpeaking } from "../support/protocol-versions.ts";
import type { DriverSuiteContext } from "./driver-suite.ts";
import {
  collectLosses,
  FAST_DOWN_PERIOD_MS,
  FAST_PERIODS,
  fastTracker,
  waitForCount,
} from "./support/trackers.ts";

/** Tests of trackers over a driver. */
export function trackersSuite(context: DriverSuiteContext): void {
  it("lets trackers declare no replica down while the broker hangs", async () => {
    const [tokyoConnection, parisConnection] = [await context.connect(), await context.connect()];
    const [tokyo, paris] = [
      await fastTracker(tokyoConnection.pubsub),
      await fastTracker(parisConnection.pubsub),
    ];
    const missed = collectLosses(tokyo, paris);
    tokyo.track("session 1", "lobby", "alice");
    for (const tracker of [tokyo, paris]) await waitForCount(tracker, 1);
    context.server.freeze();
    // Nothing happens during the outage that the test could wait for.
    await pause(FAST_DOWN_PERIOD_MS * 1.5);
    context.server.thaw();
    tokyo.track("session 2", "lobby", "bob");
    for (const tracker of [tokyo, paris]) await waitForCount(tracker, 2);
    expect(missed).toEqual([]);
    for (const tracker of [tokyo, paris]) await tracker.close();
  });

  it("delivers the leaving of a tracker whose clients close right after it", async () => {
    const [tokyoConnection, parisConnection] = [await context.connect(), await context.connect()];
    const [tokyo, paris] = [
      await fastTracker(tokyoConnection.pubsub),
      await fastTracker(parisConnection.pubsub),
    ];
    await waitUntil(() => paris.replicas().length === 2, "two replicas");
    const events: string[] = [];
    paris.on("replica-down", () => events.push("down"));
    paris.on("replica-permdown", () => events.push("gone"));
    await tokyo.close();
    await (tokyoConnection.giveUp ?? tokyoConnection.pubsub.close)();
    await waitUntil(() => events.length > 0, "tokyo to leave");
    expect(events).toEqual(["gone"]);
    await paris.close();
  });

  it("connects nodes of neighbouring protocol versions, and a node of an unknown version does them no harm", async () => {
    const [tokyo, paris] = [
      await node(context, CURRENT_VERSION),
      await node(context, CURRENT_VERSION + 1, CURRENT_VERSION),
    ];
    const foreign = await node(context, CURRENT_VERSION + 3);
    tokyo.tracker.track("session", "lobby", "alice");
    paris.tracker.track("session", "lobby", "bob");
    foreign.tracker.track("session", "lobby", "mallory");
    for (const { tracker } of [tokyo, paris]) await waitForCount(tracker, 2);
    await waitUntil(
      () => foreign.warnings.length === 1,
      () => `one warning at the foreign node, not ${foreign.warnings}`,
    );
    // The foreign node has sent many messages by then, but each node warned once.
    const { receivedMessages } = tokyo.tracker.traffic();
    await waitUntil(() => tokyo.tracker.traffic().receivedMessages > receivedMessages + 10, "more messages");
    for (const { tracker, warnings } of [tokyo, paris]) {
      expect([tracker.count("lobby"), tracker.replicas().length]).toEqual([2, 2]);
      expect(warnings).toEqual(["FOREIGN_VERSION"]);
    }
    for (const { tracker } of [tokyo, paris, foreign]) await tracker.close();
  });
}

async function node(
  context: DriverSuiteContext,
  ...versions: [newest: number, previous?: number]
): Promise<{ readonly tracker: Tracker; readonly warnings: readonly string[] }> {
  const { pubsub } = await context.connect();
  // Long enough for any machine: nodes ignore the version of a replica that has been silent for so long.
  const tracker = await createTrackerSpeaking(versions, { pubsub, ...FAST_PERIODS, downPeriodMs: 60_000 });
  const warnings: string[] = [];
  tracker.on("warning", ({ code }) => void warnings.push(code));
  return { tracker, warnings };
}
