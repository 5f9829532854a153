import { assertNoUnknownOptions, assertOptionsObject } from "../../checks/check-argument.ts";
import type { Meta } from "../../payload.ts";
import { systemClock } from "../../time/clock.ts";
import { assertTrackerOptions } from "./check-tracker-options.ts";
import type { ResolvedTrackerOptions, TrackerOptions } from "./tracker-options.ts";

/** What to do where there are no options at all. */
export const MISSING_OPTIONS_ADVICE: string = "Pass at least { pubsub: memoryPubSub() }.";

/**
 * Checks the options and puts the defaults in.
 *
 * @throws {InvalidArgumentError} naming the option that is wrong, missing or unknown.
 * @throws {LimitError} when the transport's `maxMessageBytes` is too small to say anything.
 */
export function resolveTrackerOptions<M extends object = Meta>(
  options: TrackerOptions<M>,
): ResolvedTrackerOptions<M> {
  assertOptionsObject(options, MISSING_OPTIONS_ADVICE);
  const { resolved, unknown } = withTrackerDefaults(options);
  assertNoUnknownOptions(unknown, resolved);
  assertTrackerOptions(resolved);
  return resolved;
}

/** The options with the defaults in, nothing checked; and what else was given, for who has further options. */
export function withTrackerDefaults<M extends object>(
  options: TrackerOptions<M>,
): { resolved: ResolvedTrackerOptions<M>; unknown: object } {
  const {
    pubsub,
    meta,
    clusterName = "rollcall",
    replicaName,
    broadcastPeriodMs = 1_500,
    maxSilentPeriods = 2,
    downPeriodMs = 20 * broadcastPeriodMs,
    permdownPeriodMs = 1_200_000,
    flushDelayMs = 10,
    leaveDelayMs = 0,
    maxMetaBytes = 4_096,
    maxTopicBytes = 255,
    maxKeyBytes = 255,
    maxPerOwner = Number.POSITIVE_INFINITY,
    maxPerKey = Number.POSITIVE_INFINITY,
    maxPerTopic = Number.POSITIVE_INFINITY,
    clock = systemClock,
    random = Math.random,
    ...unknown
  } = options;
  const resolved = {
    ...{ pubsub, meta, clusterName, replicaName, clock, random },
    ...{ broadcastPeriodMs, maxSilentPeriods, downPeriodMs, permdownPeriodMs, flushDelayMs, leaveDelayMs },
    ...{ maxMetaBytes, maxTopicBytes, maxKeyBytes, maxPerOwner, maxPerKey, maxPerTopic },
  };
  return { resolved, unknown };
}
