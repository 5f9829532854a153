import { waitUntil } from "../../../scripts/wait-until.ts";
import type { PubSub } from "../../../src/pubsub/pubsub.ts";
import { createTracker, type Tracker, type TrackerOptions } from "../../../src/tracker/index.ts";

export const FAST_DOWN_PERIOD_MS = 3_000;

export const FAST_PERIODS: Pick<TrackerOptions, "broadcastPeriodMs" | "maxSilentPeriods" | "downPeriodMs"> = {
  broadcastPeriodMs: 100,
  maxSilentPeriods: 1,
  downPeriodMs: FAST_DOWN_PERIOD_MS,
};

/** A tracker in this process that notices soon what is wrong. */
export function fastTracker(pubsub: PubSub): Promise<Tracker> {
  return createTracker({ pubsub, ...FAST_PERIODS });
}

/** Resolves when the tracker lists just so many in the lobby. */
export async function waitForCount(tracker: Tracker, count: number): Promise<void> {
  await waitUntil(
    () => tracker.count("lobby") === count,
    () => `${count} in the lobby, not ${tracker.count("lobby")}`,
  );
}

/** Collects who was declared down, and who left: while all are well it stays empty. */
export function collectLosses(...trackers: readonly Tracker[]): unknown[] {
  const all: unknown[] = [];
  for (const tracker of trackers) {
    tracker.on("replica-down", ({ name }) => all.push({ down: name }));
    tracker.on("diff", (diff) => {
      for (const [topic, { leaves }] of diff)
        all.push(...Object.keys(leaves).map((key) => ({ topic, left: key })));
    });
  }
  return all;
}
