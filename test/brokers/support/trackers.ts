import { until } from "../../../scripts/wait-until.ts";
import type { PubSub } from "../../../src/pubsub/pubsub.ts";
import { createTracker, type Tracker, type TrackerOptions } from "../../../src/tracker/index.ts";

export const QUICK_DOWN_PERIOD_MS = 3_000;

export const QUICK: Pick<TrackerOptions, "broadcastPeriodMs" | "maxSilentPeriods" | "downPeriodMs"> = {
  broadcastPeriodMs: 100,
  maxSilentPeriods: 1,
  downPeriodMs: QUICK_DOWN_PERIOD_MS,
};

/** A tracker in this process that notices soon what is wrong. */
export function quickTracker(pubsub: PubSub): Promise<Tracker> {
  return createTracker({ pubsub, ...QUICK });
}

/** Resolves when the tracker lists just so many in the lobby. */
export async function counts(tracker: Tracker, count: number): Promise<void> {
  await until(
    () => tracker.count("lobby") === count,
    () => `${count} in the lobby, not ${tracker.count("lobby")}`,
  );
}

/** Collects who was declared down, and who left: while all are well it stays empty. */
export function gone(...trackers: readonly Tracker[]): unknown[] {
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
