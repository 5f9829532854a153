import { checkDiff } from "./check-kind.ts";
import { copyJson } from "./json-copy.ts";
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
  /** The diffs that wait for the state of their join; `null` if a state has arrived and no diff waits for another. */
  readonly pendingDiffs: readonly PendingDiff<E>[] | null;
  /** The join that the presences belong to; absent if the action did not name it. */
  readonly joinRef?: unknown;
  /** The join of the latest `presence_rejoin`; absent if the action did not name it. */
  readonly rejoinRef?: unknown;
}

/**
 * A diff that waits for its state, and the join that both belong to.
 *
 * @example
 * const diff: PendingDiff = { joins: {}, leaves: {}, joinRef: "7" };
 */
export interface PendingDiff<E extends BaseEntry = PresenceEntry> extends PresenceDiff<E> {
  readonly joinRef?: unknown;
}

/**
 * An action of `presenceReducer`: a message from the server, or a Redux action with the event of the message as its
 * type. An action of the type `presence_rejoin` says that the channel is being joined again. Other actions change
 * nothing.
 *
 * @example
 * dispatch({ type: message.event, payload: message.payload, joinRef: channel.joinRef() });
 */
export interface PresenceAction {
  readonly type?: unknown;
  readonly event?: unknown;
  readonly payload?: unknown;
  /**
   * The ref of the join that the message belongs to, such as `channel.joinRef()` of the `phoenix` package: any JSON
   * value that is another one after each reconnect.
   *
   * @defaultValue the current join
   */
  readonly joinRef?: unknown;
}

/**
 * The initial state of `presenceReducer`.
 *
 * @example
 * const [{ presences }, dispatch] = useReducer(presenceReducer, noPresences);
 */
export const noPresences: ReducedPresences<never> = { presences: {}, pendingDiffs: [] };

/**
 * A pure reducer for Redux and `useReducer`. It returns the same state if nothing changed.
 *
 * A reducer cannot ask the channel whether it was joined again, so actions have to say it. With a `joinRef` in each
 * action, a diff is applied only to the state of its own join. Or dispatch `{ type: "presence_rejoin" }` whenever the
 * channel is joined again: the presences stay, diffs that still wait are dropped, and later ones wait for the next state.
 * With both, and the `joinRef` in `presence_rejoin` too, late messages of earlier joins change nothing. With neither, the
 * state must be the first message after a reconnect, as it is from `presence.subscribe`.
 *
 * @example
 * const reducer = combineReducers({ lobby: presenceReducer<PresenceEntry> });
 */
export function presenceReducer<E extends BaseEntry = PresenceEntry>(
  current: ReducedPresences<E> | undefined = noPresences,
  { type, event = type, payload, joinRef: ref }: PresenceAction,
): ReducedPresences<E> {
  const joinRef = ref ?? undefined;
  const { rejoinRef } = current;
  if (type === "presence_rejoin") return rejoined(current, joinRef);
  const isDiff = event === "presence_diff";
  // An invalid diff must not be queued: it would make every later state fail.
  if (isDiff) checkDiff(payload as PresenceDiff<E>);
  const isLate = joinRef !== undefined && rejoinRef !== undefined && joinRef !== rejoinRef;
  if (isLate || !(isDiff || event === "presence_state")) return current;

  let { presences, pendingDiffs } = current;
  if (!isDiff) {
    presences = syncState(presences, payload as PresenceState<E>);
    for (const diff of pendingDiffs ?? []) {
      if (joinRef === (diff.joinRef ?? joinRef)) presences = syncDiff(presences, diff);
    }
    return withJoins(current, { presences, pendingDiffs: null, joinRef, rejoinRef });
  }
  const diff = payload as PresenceDiff<E>;
  const hasState = pendingDiffs === null || current.joinRef !== undefined;
  if (hasState && current.joinRef === (joinRef ?? current.joinRef)) presences = syncDiff(presences, diff);
  else
    pendingDiffs = [
      ...(pendingDiffs ?? []),
      { ...copyJson(diff), ...(joinRef !== undefined && { joinRef }) },
    ];
  return withJoins(current, { ...current, presences, pendingDiffs });
}

/** Keeps only the waiting diffs that name the new join. */
function rejoined<E extends BaseEntry>(
  current: ReducedPresences<E>,
  rejoinRef: unknown,
): ReducedPresences<E> {
  const { presences, pendingDiffs } = current;
  if (rejoinRef !== undefined && rejoinRef === current.rejoinRef) return current;
  const kept = pendingDiffs?.filter(({ joinRef }) => rejoinRef !== undefined && joinRef === rejoinRef) ?? [];
  const isSame = pendingDiffs?.length === kept.length;
  return withJoins(current, { presences, pendingDiffs: isSame ? pendingDiffs : kept, rejoinRef });
}

/** `next` without undefined members, or `current` if both are equal. */
function withJoins<E extends BaseEntry>(
  current: ReducedPresences<E>,
  { presences, pendingDiffs, joinRef, rejoinRef }: ReducedPresences<E>,
): ReducedPresences<E> {
  const isSame =
    presences === current.presences &&
    pendingDiffs === current.pendingDiffs &&
    joinRef === current.joinRef &&
    rejoinRef === current.rejoinRef;
  if (isSame) return current;
  return {
    presences,
    pendingDiffs,
    ...(joinRef !== undefined && { joinRef }),
    ...(rejoinRef !== undefined && { rejoinRef }),
  };
}
