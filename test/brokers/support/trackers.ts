import { waitUntil } from "../../../scripts/wait-until.ts";
import type { PubSub } from "../../../src/pubsub/pubsub.ts";
import { createTracker, type Tracker, type TrackerOptions } from "../../../src/tracker/index.ts";

export const FAST_DOWN_PERIOD_MS = 3_000;

export const FAST_PERIODS: Pick<TrackerOptions, "broadcastPeriodMs" | "maxSilentPeriods" | "downPeriodMs"> = {
  broadcastPeriodMs: 100,
  maxSilentPeriods: 1,
  downPeriodMs: FAST_DOWN_PERIOD_MS,
};

/** Short periods for node processes, so that a test sees a node go down and return. */
export const SHORT_PERIODS = {
  broadcastPeriodMs: 300,
  maxSilentPeriods: 1,
  downPeriodMs: 6_000,
  permdownPeriodMs: 15_000,
};

/** Creates a tracker with short periods, which notices failures soon. */
export function fastTracker(pubsub: PubSub): Promise<Tracker> {
  return createTracker({ pubsub, ...FAST_PERIODS });
}

/** Resolves when the tracker counts `count` presences in the lobby. */
export async function waitForCount(tracker: Tracker, count: number): Promise<void> {
  await waitUntil(
    () => tracker.count("lobby") === count,
    () => `${count} in the lobby, not ${tracker.count("lobby")}`,
  );
}

/** Collects replicas that were declared down and keys that left. It stays empty while all is well. */
export function collectLosses(...trackers: readonly Tracker[]): unknown[] {
  const losses: unknown[] = [];
  for (const tracker of trackers) {
    tracker.on("replica-down", ({ name }) => losses.push({ down: name }));
    tracker.on("diff", (diff) => {
      for (const [topic, { leaves }] of diff)
        losses.push(...Object.keys(leaves).map((key) => ({ topic, left: key })));
    });
  }
  return losses;
}
