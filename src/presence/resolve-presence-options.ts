import {
  assertNoUnknownOptions,
  assertOptionsObject,
  assertTimeFromZero,
  checkArgument,
  isFromZeroTo,
  MAX_TIMER_MS,
} from "../checks/check-argument.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { State } from "../payload.ts";
import type { Clock } from "../time/clock.ts";
import { MISSING_OPTIONS_ADVICE, withTrackerDefaults } from "../tracker/options/resolve-tracker-options.ts";
import type { TrackerOptions } from "../tracker/options/tracker-options.ts";
import { countedKeysOf } from "./count-only.ts";
import { freezeState, withOrdinaryPrototype } from "./group-by-key.ts";
import type { Fetch, KeyListener, PresenceOptions } from "./presence-options.ts";

/** The options of a presence with every default, except those of its tracker. */
export interface ResolvedPresenceOptions<M extends object, P extends object> {
  readonly fetch: Fetch<M, P>;
  readonly replicate: "presences" | "counts";
  readonly fetchTimeoutMs: number;
  readonly diffWindowMs: number;
  readonly onKeyJoin: KeyListener | undefined;
  readonly onKeyLeave: KeyListener | undefined;
  readonly clock: Clock;
  readonly maxTopicBytes: number;
  /** The options of the tracker, which checks them itself. */
  readonly tracker: TrackerOptions<M, unknown>;
}

/**
 * Checks the options that a tracker does not have, and adds the defaults.
 *
 * @throws {InvalidArgumentError} naming the option that is wrong or unknown.
 */
export function resolvePresenceOptions<M extends object, P extends object>(
  options: PresenceOptions<M, P, unknown>,
): ResolvedPresenceOptions<M, P> {
  assertOptionsObject(options, MISSING_OPTIONS_ADVICE);
  const {
    fetch = rawPresences as unknown as Fetch<M, P>,
    replicate = "presences",
    fetchTimeoutMs = 5_000,
    diffWindowMs = 0,
    onKeyJoin,
    onKeyLeave,
    ...tracker
  } = options;
  const own = { fetch, replicate, fetchTimeoutMs, diffWindowMs, onKeyJoin, onKeyLeave };
  const { resolved, unknown } = withTrackerDefaults(tracker);
  assertNoUnknownOptions(unknown, { ...resolved, ...own });
  assertPresenceOptions(own);
  const { clock, maxTopicBytes } = resolved;
  return { ...own, clock, maxTopicBytes, tracker };
}

/** Frozen, as all subscribers share the payload of a message. */
function rawPresences(_topic: string, presences: State<object>): State<object> {
  return freezeState(withOrdinaryPrototype(presences));
}

function assertPresenceOptions(options: {
  readonly fetch: unknown;
  readonly replicate: unknown;
  readonly fetchTimeoutMs: number;
  readonly diffWindowMs: number;
  readonly onKeyJoin: unknown;
  readonly onKeyLeave: unknown;
}): void {
  const { fetchTimeoutMs, diffWindowMs } = options;
  for (const name of ["fetch", "onKeyJoin", "onKeyLeave"] as const) {
    const isFunction = options[name] === undefined || typeof options[name] === "function";
    checkArgument(name, options[name], isFunction, "a function");
  }
  assertReplicate(options);
  const isTime = isFromZeroTo(MAX_TIMER_MS, fetchTimeoutMs) && fetchTimeoutMs > 0;
  checkArgument("fetchTimeoutMs", fetchTimeoutMs, isTime, `a number of ms above 0, at most ${MAX_TIMER_MS}`);
  assertTimeFromZero("diffWindowMs", diffWindowMs);
}

function assertReplicate({
  fetch,
  replicate,
}: {
  readonly fetch: unknown;
  readonly replicate: unknown;
}): void {
  const isMode = replicate === "presences" || replicate === "counts";
  checkArgument("replicate", replicate, isMode, '"presences" or "counts"');
  if (replicate === "presences" || countedKeysOf(fetch as object) !== undefined) return;
  throw new InvalidArgumentError(
    'replicate is "counts", but fetch is not what countOnly returns; where only counts replicate, readers can get only counts. ' +
      'Pass fetch: countOnly("readers") with the keys that you track, or leave replicate out.',
  );
}
