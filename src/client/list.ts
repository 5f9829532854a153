import type { BaseEntry, PresenceState } from "./presence-state.ts";

/**
 * The entries of a state as a list, or what `by` makes of each.
 *
 * @example
 * list(state, (key, { metas }) => `${key} (${metas.length})`);
 */
export function list<E extends BaseEntry>(state: PresenceState<E>): E[];
export function list<E extends BaseEntry, T>(state: PresenceState<E>, by?: (key: string, entry: E) => T): T[];
export function list<E extends BaseEntry>(
  state: PresenceState<E>,
  by: (key: string, entry: E) => unknown = (_, entry) => entry,
): unknown[] {
  return Object.entries(state).map(([key, entry]) => by(key, entry));
}
