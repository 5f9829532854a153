import type { CountFetch } from "../../presence/count-only.ts";
import type { TrackerOptions } from "../../tracker/options/tracker-options.ts";

/**
 * The options of the trackers in a simulation: all tracker options that the simulation does not provide itself. With
 * `replicate: "counts"` and `fetch: countOnly(…)` the nodes are presences that replicate counts.
 *
 * @example
 * const periods: SimulatedTrackerOptions = { broadcastPeriodMs: 500, leaveDelayMs: 2_000 };
 */
export type SimulatedTrackerOptions = Omit<TrackerOptions, "pubsub" | "clock" | "random" | "replicaName"> & {
  /** What the nodes replicate, as for `createPresence`. @defaultValue `"presences"` */
  replicate?: "presences" | "counts";
  /** The keys that are counted, for `replicate: "counts"` only. */
  fetch?: CountFetch<string>;
};

/** The periods and delays of a tracker, with the defaults filled in. The checks measure with them. */
export interface TrackerTimes {
  readonly broadcastPeriodMs: number;
  readonly maxSilentPeriods: number;
  readonly downPeriodMs: number;
  readonly permdownPeriodMs: number;
  readonly flushDelayMs: number;
  readonly leaveDelayMs: number;
}

export function trackerTimesOf({
  broadcastPeriodMs = 1_500,
  maxSilentPeriods = 2,
  downPeriodMs = 20 * broadcastPeriodMs,
  permdownPeriodMs = Math.max(1_200_000, 2 * downPeriodMs),
  flushDelayMs = 10,
  leaveDelayMs = 0,
}: SimulatedTrackerOptions): TrackerTimes {
  return { broadcastPeriodMs, maxSilentPeriods, downPeriodMs, permdownPeriodMs, flushDelayMs, leaveDelayMs };
}

/** How many times as long as its own `downPeriodMs` a node waits for another one whose heartbeats come more rarely. */
export function slownessOf(other: TrackerTimes, observer: TrackerTimes): number {
  return Math.min(Math.max(1, heartbeatIntervalMs(other) / heartbeatIntervalMs(observer)), 10);
}

/** The times that hold between two nodes: the longer ones of the two. */
export function timesBetween(
  one: TrackerTimes,
  other: TrackerTimes,
): Omit<TrackerTimes, "maxSilentPeriods"> & {
  readonly heartbeatIntervalMs: number;
} {
  const longest = (of: (times: TrackerTimes) => number) => Math.max(of(one), of(other));
  return {
    broadcastPeriodMs: longest((times) => times.broadcastPeriodMs),
    heartbeatIntervalMs: longest(heartbeatIntervalMs),
    downPeriodMs: Math.max(
      one.downPeriodMs * slownessOf(other, one),
      other.downPeriodMs * slownessOf(one, other),
    ),
    permdownPeriodMs: longest((times) => times.permdownPeriodMs),
    flushDelayMs: longest((times) => times.flushDelayMs),
    leaveDelayMs: longest((times) => times.leaveDelayMs),
  };
}

/** The longest time between two heartbeats of a running node. */
export function heartbeatIntervalMs({ broadcastPeriodMs, maxSilentPeriods }: TrackerTimes): number {
  return (maxSilentPeriods + 1) * broadcastPeriodMs;
}
