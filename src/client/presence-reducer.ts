import { checkDiff } from "./check-kind.ts";
import type { BaseEntry, PresenceDiff, PresenceEntry, PresenceState } from "./presence-state.ts";
import { syncDiff } from "./sync-diff.ts";
import { syncState } from "./sync-state.ts";

/**
 * What `presenceReducer` keeps.
 *
 * @example
 * const here = (kept: ReducedPresences) => Object.keys(kept.presences);
 */
export interface ReducedPresences<E extends BaseEntry = PresenceEntry> {
  readonly presences: PresenceState<E>;
  /** Diffs that wait for the first state; `null` once it came. */
  readonly waiting: readonly PresenceDiff<E>[] | null;
}

/**
 * What is reduced: a message as it came, or a Redux action with the message's event as its type. Any other action changes nothing.
 *
 * @example
 * dispatch({ type: message.event, payload: message.payload });
 */
export interface PresenceAction {
  readonly type?: unknown;
  readonly event?: unknown;
  readonly payload?: unknown;
}

/**
 * Where `presenceReducer` starts.
 *
 * @example
 * const [{ presences }, dispatch] = useReducer(presenceReducer, noPresences);
 */
export const noPresences: ReducedPresences<never> = { presences: Object.create(null), waiting: [] };

/**
 * A reducer for Redux and `useReducer`: pure, and it returns what it was given when nothing changed. It can't see a
 * channel's joins: after a reconnect the state is to come before any diff, as it does from `presence.subscribe`.
 *
 * @example
 * const reducer = combineReducers({ lobby: presenceReducer<PresenceEntry> });
 */
export function presenceReducer<E extends BaseEntry = PresenceEntry>(
  current: ReducedPresences<E> | undefined = noPresences,
  { type, event = type, payload }: PresenceAction,
): ReducedPresences<E> {
  let { presences, waiting } = current;
  if (event === "presence_state") {
    presences = syncState(presences, payload as PresenceState<E>);
    for (const diff of waiting ?? []) presences = syncDiff(presences, diff);
    waiting = null;
  } else if (event === "presence_diff") {
    // One that can't be taken in may not wait: no state would come in any more.
    checkDiff(payload as PresenceDiff<E>);
    if (waiting) waiting = [...waiting, payload as PresenceDiff<E>];
    else presences = syncDiff(presences, payload as PresenceDiff<E>);
  }
  const isSame = presences === current.presences && waiting === current.waiting;
  return isSame ? current : { presences, waiting };
}
