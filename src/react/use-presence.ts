import type { BaseEntry, PresenceState } from "../client/presence-state.ts";
import { type Source, useSource } from "./use-source.ts";

/**
 * Presences as a list of pairs of a key and its entry.
 *
 * @example
 * const namesOf = (presences: PresenceList<PresenceEntry>) => presences.map(([name]) => name);
 */
export type PresenceList<E extends BaseEntry> = readonly (readonly [key: string, entry: E])[];

/**
 * The presences of a source. Without a key it returns a list, which stays the same object until an entry changes;
 * unchanged entries also stay the same objects, so a row in `memo` renders only when its own entry changes. With a
 * key it returns the entry of that key, or `undefined` if no presence has the key, and the component renders only
 * for that key.
 *
 * @example
 * const presences = usePresence(lobby);
 * return presences.map(([name, { metas }]) => <Person key={name} name={name} devices={metas} />);
 *
 * @example
 * const isOnline = usePresence(lobby, "alice") !== undefined;
 */
export function usePresence<E extends BaseEntry>(source: Source<PresenceState<E>>): PresenceList<E>;
export function usePresence<E extends BaseEntry>(
  source: Source<PresenceState<E>>,
  key: string,
): E | undefined;
export function usePresence<E extends BaseEntry>(
  source: Source<PresenceState<E>>,
  key?: string,
): PresenceList<E> | E | undefined {
  const read = key === undefined ? listOf<E> : (state: PresenceState<E>) => entryOf(state, key);
  return useSource<PresenceState<E>, PresenceList<E> | E | undefined>(source, read, noPresences);
}

const noPresences: PresenceState<never> = Object.freeze({});

/** The list of each state. All components that read a state share one list. */
const lists = new WeakMap<object, PresenceList<BaseEntry>>();

function listOf<E extends BaseEntry>(state: PresenceState<E>): PresenceList<E> {
  let list = lists.get(state) as PresenceList<E> | undefined;
  if (!list) {
    list = Object.entries(state);
    lists.set(state, list);
  }
  return list;
}

function entryOf<E extends BaseEntry>(state: PresenceState<E>, key: string): E | undefined {
  return Object.hasOwn(state, key) ? state[key] : undefined;
}
