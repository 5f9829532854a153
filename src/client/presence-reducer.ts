import { checkDiff } from "./check-kind.ts";
import type { BaseEntry, PresenceDiff, PresenceEntry, PresenceState } from "./presence-state.ts";
import { syncDiff } from "./sync-diff.ts";
import { syncState } from "./sync-state.ts";

/**
 * The state of `presenceReducer`.
 *
 * @example
 * const selectKeys = ({ presences }: ReducedPresences) => Object.keys(presences);
 */
export interface ReducedPresences<E extends BaseEntry = PresenceEntry> {
  readonly presences: PresenceState<E>;
  /** The diffs that arrived before the first state; `null` after it. */
  readonly pendingDiffs: readonly PresenceDiff<E>[] | null;
}

/**
 * An action of `presenceReducer`: a message from the server, or a Redux action with the event of the message as its
 * type. Other actions change nothing.
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
 * The initial state of `presenceReducer`.
 *
 * @example
 * const [{ presences }, dispatch] = useReducer(presenceReducer, noPresences);
 */
export const noPresences: ReducedPresences<never> = { presences: Object.create(null), pendingDiffs: [] };

/**
 * A pure reducer for Redux and `useReducer`. It returns the same state if nothing changed. It does not know when a
 * channel is joined again, so after a reconnect the state must arrive before any diff, as it does from
 * `presence.subscribe`.
 *
 * @example
 * const reducer = combineReducers({ lobby: presenceReducer<PresenceEntry> });
 */
export function presenceReducer<E extends BaseEntry = PresenceEntry>(
  current: ReducedPresences<E> | undefined = noPresences,
  { type, event = type, payload }: PresenceAction,
): ReducedPresences<E> {
  let { presences, pendingDiffs } = current;
  if (event === "presence_state") {
    presences = syncState(presences, payload as PresenceState<E>);
    for (const diff of pendingDiffs ?? []) presences = syncDiff(presences, diff);
    pendingDiffs = null;
  } else if (event === "presence_diff") {
    // An invalid diff must not be queued: it would make every later state fail.
    checkDiff(payload as PresenceDiff<E>);
    if (pendingDiffs) pendingDiffs = [...pendingDiffs, payload as PresenceDiff<E>];
    else presences = syncDiff(presences, payload as PresenceDiff<E>);
  }
  const isSame = presences === current.presences && pendingDiffs === current.pendingDiffs;
  return isSame ? current : { presences, pendingDiffs };
}
