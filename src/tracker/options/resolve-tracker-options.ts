import { assertNoneUnknown, assertObject } from "../../checks/check-argument.ts";
import type { Meta } from "../../payload.ts";
import { systemClock } from "../../time/clock.ts";
import { assertOptions } from "./check-tracker-options.ts";
import type { ResolvedOptions, TrackerOptions } from "./tracker-options.ts";

/** What to do where there are no options at all. */
export const PASS_A_PUBSUB: string = "Pass at least { pubsub: memoryPubSub() }.";

/**
 * Checks the options and puts the defaults in.
 *
 * @throws {InvalidArgumentError} naming the option that is wrong, missing or unknown.
 * @throws {LimitError} when the transport's `maxMessageBytes` is too small to say anything.
 */
export function resolveOptions<M extends object = Meta>(options: TrackerOptions<M>): ResolvedOptions<M> {
  assertObject(options, PASS_A_PUBSUB);
  const { resolved, unknown } = withDefaults(options);
  assertNoneUnknown(unknown, resolved);
  assertOptions(resolved);
  return resolved;
}

/** The options with the defaults in, nothing checked; and what else was given, for who has further options. */
export function withDefaults<M extends object>(
  options: TrackerOptions<M>,
): { resolved: ResolvedOptions<M>; unknown: object } {
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
