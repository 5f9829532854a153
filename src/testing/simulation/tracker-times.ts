import type { TrackerOptions } from "../../tracker/options/tracker-options.ts";

/**
 * The options of the trackers in a simulation: all tracker options that the simulation does not provide itself.
 *
 * @example
 * const periods: SimulatedTrackerOptions = { broadcastPeriodMs: 500, leaveDelayMs: 2_000 };
 */
export type SimulatedTrackerOptions = Omit<TrackerOptions, "pubsub" | "clock" | "random" | "replicaName">;

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
  permdownPeriodMs = 1_200_000,
  flushDelayMs = 10,
  leaveDelayMs = 0,
}: SimulatedTrackerOptions): TrackerTimes {
  return { broadcastPeriodMs, maxSilentPeriods, downPeriodMs, permdownPeriodMs, flushDelayMs, leaveDelayMs };
}

/** The longest time between two heartbeats of a running node. */
export function heartbeatIntervalMs({ broadcastPeriodMs, maxSilentPeriods }: TrackerTimes): number {
  return (maxSilentPeriods + 1) * broadcastPeriodMs;
}
