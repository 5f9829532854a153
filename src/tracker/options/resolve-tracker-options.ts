import { assertNoUnknownOptions, assertOptionsObject, MAX_TIMER_MS } from "../../checks/check-argument.ts";
import type { Meta } from "../../payload.ts";
import { systemClock } from "../../time/clock.ts";
import { assertTrackerOptions } from "./check-tracker-options.ts";
import type { ResolvedTrackerOptions, TrackerOptions } from "./tracker-options.ts";

/** The advice when the options are missing. */
export const MISSING_OPTIONS_ADVICE: string = "Pass at least { pubsub: memoryPubSub() }.";

/**
 * Checks the options and adds the defaults.
 *
 * @throws {InvalidArgumentError} naming the option that is wrong, missing or unknown.
 * @throws {LimitError} when `maxMessageBytes` of the transport is too small for any message.
 */
export function resolveTrackerOptions<M extends object = Meta>(
  options: TrackerOptions<M, unknown>,
): ResolvedTrackerOptions<M> {
  assertOptionsObject(options, MISSING_OPTIONS_ADVICE);
  const { resolved, unknown } = withTrackerDefaults(options);
  assertNoUnknownOptions(unknown, resolved);
  assertTrackerOptions(resolved);
  return resolved;
}

/** Adds the defaults and checks nothing. `unknown` has all other members, which may be options of a presence. */
export function withTrackerDefaults<M extends object>(
  options: TrackerOptions<M, unknown>,
): { resolved: ResolvedTrackerOptions<M>; unknown: object } {
  const {
    pubsub,
    meta,
    clusterName = "rollcall",
    secret,
    acceptUnsigned = false,
    replicaName,
    broadcastPeriodMs = 1_500,
    maxSilentPeriods = 2,
    downPeriodMs = 20 * broadcastPeriodMs,
    permdownPeriodMs = Math.min(Math.max(1_200_000, 2 * downPeriodMs), MAX_TIMER_MS),
    flushDelayMs = 10,
    leaveDelayMs = 0,
    maxPeerLeaveDelayMs = Math.max(60_000, leaveDelayMs),
    maxReplicas = 1_000,
    maxMetaBytes = 4_096,
    maxTopicBytes = 255,
    maxKeyBytes = 255,
    maxPerOwner = Number.POSITIVE_INFINITY,
    maxPerKey = Number.POSITIVE_INFINITY,
    maxPerTopic = Number.POSITIVE_INFINITY,
    maxPresenceChangesPerSecond = 300,
    clock = systemClock,
    random = Math.random,
    ...unknown
  } = options;
  const resolved = {
    ...{ pubsub, meta, clusterName, secret, acceptUnsigned, replicaName, clock, random },
    ...{ broadcastPeriodMs, maxSilentPeriods, downPeriodMs, permdownPeriodMs, flushDelayMs, leaveDelayMs },
    ...{ maxPeerLeaveDelayMs, maxReplicas },
    ...{ maxMetaBytes, maxTopicBytes, maxKeyBytes, maxPerOwner, maxPerKey, maxPerTopic },
    maxPresenceChangesPerSecond,
  };
  return { resolved, unknown };
}
