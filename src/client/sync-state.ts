import { checkKind } from "./check-kind.ts";
import type { BaseEntry, OnJoin, OnLeave, PresenceState } from "./presence-state.ts";
import { metasWithout, syncDiff, withMetas } from "./sync-diff.ts";

/**
 * Returns the state after a fresh state from the server, for example after a reconnect. Metas that are only in the
 * fresh state join, and metas that are only in the old state leave. It does not modify its inputs, and unchanged
 * entries are the same objects as before.
 *
 * @example
 * state = syncState(state, fresh, undefined, (key, { metas }) => metas.length || console.log(`${key} left`));
 */
export function syncState<E extends BaseEntry>(
  state: PresenceState<E>,
  fresh: PresenceState<E>,
  onJoin?: OnJoin<E>,
  onLeave?: OnLeave<E>,
): PresenceState<E> {
  checkKind("state", state, "object");
  checkKind("fresh", fresh, "object");
  const joins: Record<string, E> = Object.create(null);
  const leaves: Record<string, E> = Object.create(null);
  for (const [key, current] of Object.entries(state)) {
    if (!Object.hasOwn(fresh, key)) leaves[key] = current;
  }
  for (const [key, entry] of Object.entries(fresh)) {
    if (!Object.hasOwn(state, key)) {
      joins[key] = entry;
      continue;
    }
    const current = state[key]!;
    const [joined, left] = [metasWithout(entry, current), metasWithout(current, entry)];
    if (joined.length) joins[key] = withMetas(entry, joined);
    if (left.length) leaves[key] = withMetas(current, left);
  }
  return syncDiff(state, { joins, leaves }, onJoin, onLeave);
}
