import type { BaseEntry, PresenceState } from "../client/presence-state.ts";
import type { Source } from "./source.ts";
import { useSource } from "./use-source.ts";

/**
 * Presences as a list of pairs, a key and its entry.
 *
 * @example
 * const names = (here: PresenceList<PresenceEntry>) => here.map(([name]) => name);
 */
export type PresenceList<E extends BaseEntry> = readonly (readonly [key: string, entry: E])[];

/**
 * Who is here. The list is the same until something in it changes, and then the entries that did not are: a row in `memo` that is given
 * its entry renders only when its own key changes. With a key it is the entry of that one, `undefined` when nobody is there under it,
 * and the component renders for no other.
 *
 * @example
 * const here = usePresence(lobby);
 * return here.map(([name, { metas }]) => <Person key={name} name={name} devices={metas} />);
 *
 * @example
 * const isHere = usePresence(lobby, "alice") !== undefined;
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
  return useSource<PresenceState<E>, PresenceList<E> | E | undefined>(source, read, nobody);
}

const nobody: PresenceState<never> = Object.freeze(Object.create(null));

/** Of each state, so that it is made once, however many components read it and however often React asks. */
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
