import type { TrackerOptions } from "../../tracker/options/tracker-options.ts";

/**
 * What the trackers of a simulation are made with: their options, but for what the simulation itself provides.
 *
 * @example
 * const periods: SimulatedTrackerOptions = { broadcastPeriodMs: 500, leaveDelayMs: 2_000 };
 */
export type SimulatedTrackerOptions = Omit<TrackerOptions, "pubsub" | "clock" | "random" | "replicaName">;

/** The times of a tracker, defaults filled in: what is promised is measured by them. */
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

/** The longest that a node which runs lets others wait for a heartbeat. */
export function heartbeatIntervalMs({ broadcastPeriodMs, maxSilentPeriods }: TrackerTimes): number {
  return (maxSilentPeriods + 1) * broadcastPeriodMs;
}
