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

/** What trackers make of a driver, whatever the broker does. */
export function trackersSuite(stage: DriverSuiteContext): void {
  it("has trackers that declare nobody down while the broker hangs", async () => {
    const [tokyos, parises] = [await stage.connect(), await stage.connect()];
    const [tokyo, paris] = [await fastTracker(tokyos.pubsub), await fastTracker(parises.pubsub)];
    const missed = collectLosses(tokyo, paris);
    tokyo.track("session 1", "lobby", "alice");
    for (const tracker of [tokyo, paris]) await waitForCount(tracker, 1);
    stage.server.freeze();
    // No condition to wait for, as nothing happens: the outage itself must last.
    await pause(FAST_DOWN_PERIOD_MS * 1.5);
    stage.server.thaw();
    tokyo.track("session 2", "lobby", "bob");
    for (const tracker of [tokyo, paris]) await waitForCount(tracker, 2);
    expect(missed).toEqual([]);
    for (const tracker of [tokyo, paris]) await tracker.close();
  });

  it("has trackers that are heard to go, though their clients end right after", async () => {
    const [tokyos, parises] = [await stage.connect(), await stage.connect()];
    const [tokyo, paris] = [await fastTracker(tokyos.pubsub), await fastTracker(parises.pubsub)];
    await waitUntil(() => paris.replicas().length === 2, "the two to meet");
    const told: string[] = [];
    paris.on("replica-down", () => told.push("down"));
    paris.on("replica-permdown", () => told.push("gone"));
    await tokyo.close();
    await (tokyos.giveUp ?? tokyos.pubsub.close)();
    await waitUntil(() => told.length > 0, "tokyo to go");
    expect(told).toEqual(["gone"]);
    await paris.close();
  });

  it("carries nodes of neighbouring versions, which work along, and one of a version unknown, which harms nobody", async () => {
    const [tokyo, paris] = [
      await node(stage, CURRENT_VERSION),
      await node(stage, CURRENT_VERSION + 1, CURRENT_VERSION),
    ];
    const strange = await node(stage, CURRENT_VERSION + 3);
    tokyo.tracker.track("session", "lobby", "alice");
    paris.tracker.track("session", "lobby", "bob");
    strange.tracker.track("session", "lobby", "mallory");
    for (const { tracker } of [tokyo, paris]) await waitForCount(tracker, 2);
    await waitUntil(
      () => strange.warnings.length === 1,
      () => `the strange one to be told, of ${strange.warnings}`,
    );
    // Heard often by then, and told of once.
    const { receivedMessages } = tokyo.tracker.traffic();
    await waitUntil(() => tokyo.tracker.traffic().receivedMessages > receivedMessages + 10, "more messages");
    for (const { tracker, warnings } of [tokyo, paris]) {
      expect([tracker.count("lobby"), tracker.replicas().length]).toEqual([2, 2]);
      expect(warnings).toEqual(["FOREIGN_VERSION"]);
    }
    for (const { tracker } of [tokyo, paris, strange]) await tracker.close();
  });
}

async function node(
  stage: DriverSuiteContext,
  ...versions: [newest: number, previous?: number]
): Promise<{ readonly tracker: Tracker; readonly warnings: readonly string[] }> {
  const { pubsub } = await stage.connect();
  // Long enough for any machine: of who is silent for so long, nobody minds the version any more.
  const tracker = await createTrackerSpeaking(versions, { pubsub, ...FAST_PERIODS, downPeriodMs: 60_000 });
  const warnings: string[] = [];
  tracker.on("warning", ({ code }) => void warnings.push(code));
  return { tracker, warnings };
}
