import { assertNoneUnknown, assertObject, check, isUpTo, MOST_MS } from "../checks/check-argument.ts";
import type { State } from "../payload.ts";
import type { Clock } from "../time/clock.ts";
import { PASS_A_PUBSUB, withDefaults } from "../tracker/options/resolve-tracker-options.ts";
import type { TrackerOptions } from "../tracker/options/tracker-options.ts";
import { freezeState } from "./group-by-key.ts";
import type { Fetch, KeyListener, PresenceOptions } from "./presence-options.ts";

/** Options with every default in place, those of the tracker apart. */
export interface ResolvedPresenceOptions<M extends object, P extends object> {
  readonly fetch: Fetch<M, P>;
  readonly fetchTimeoutMs: number;
  readonly diffWindowMs: number;
  readonly onKeyJoin: KeyListener | undefined;
  readonly onKeyLeave: KeyListener | undefined;
  readonly clock: Clock;
  readonly maxTopicBytes: number;
  /** What the tracker is made with; it checks these itself. */
  readonly tracker: TrackerOptions<M>;
}

/**
 * Checks the options that a tracker does not have, and puts the defaults in.
 *
 * @throws {InvalidArgumentError} naming the option that is wrong or unknown.
 */
export function resolvePresenceOptions<M extends object, P extends object>(
  options: PresenceOptions<M, P>,
): ResolvedPresenceOptions<M, P> {
  assertObject(options, PASS_A_PUBSUB);
  const {
    fetch = asTheyAre as unknown as Fetch<M, P>,
    fetchTimeoutMs = 5_000,
    diffWindowMs = 0,
    onKeyJoin,
    onKeyLeave,
    ...tracker
  } = options;
  const own = { fetch, fetchTimeoutMs, diffWindowMs, onKeyJoin, onKeyLeave };
  const { resolved, unknown } = withDefaults(tracker);
  assertNoneUnknown(unknown, { ...resolved, ...own });
  assertOptions(own);
  const { clock, maxTopicBytes } = resolved;
  return { ...own, clock, maxTopicBytes, tracker };
}

/** Those who share a message share its payload: none can change it for the others. */
function asTheyAre(_topic: string, presences: State<object>): State<object> {
  return freezeState(presences);
}

function assertOptions(options: {
  readonly fetch: unknown;
  readonly fetchTimeoutMs: number;
  readonly diffWindowMs: number;
  readonly onKeyJoin: unknown;
  readonly onKeyLeave: unknown;
}): void {
  const { fetchTimeoutMs, diffWindowMs } = options;
  for (const name of ["fetch", "onKeyJoin", "onKeyLeave"] as const) {
    const isFunction = options[name] === undefined || typeof options[name] === "function";
    check(name, options[name], isFunction, "a function");
  }
  const isTime = isUpTo(MOST_MS, fetchTimeoutMs) && fetchTimeoutMs > 0;
  check("fetchTimeoutMs", fetchTimeoutMs, isTime, `a number of ms above 0, at most ${MOST_MS}`);
  check("diffWindowMs", diffWindowMs, isUpTo(MOST_MS, diffWindowMs), `a number of ms from 0 to ${MOST_MS}`);
}
