import type { MutableState, PresenceMeta, State } from "../payload.ts";

/** Groups presences by key, without a prototype: `fetch` may look up any key, also `constructor`. */
export function groupByKey<M extends object>(
  presences: Iterable<readonly [key: string, meta: PresenceMeta<M>]>,
): MutableState<M> {
  const state: MutableState<M> = Object.create(null);
  for (const [key, meta] of presences) {
    const held = state[key];
    if (held === undefined) state[key] = { metas: [meta] };
    else held.metas.push(meta);
  }
  return state;
}

/** Freezes a state in place. Its metas are frozen already. */
export function freezeState<M extends object>(state: State<M>): State<M> {
  for (const key of Object.keys(state)) Object.freeze(Object.freeze(state[key]!).metas);
  return Object.freeze(state);
}

/**
 * Gives a state the ordinary prototype, as readers get it: React refuses other objects as props of Client Components. A key
 * `__proto__` stays an own property.
 */
export function withOrdinaryPrototype<T extends object>(state: T): T {
  if (Object.getPrototypeOf(state) !== null) return state;
  if (Object.isExtensible(state)) return Object.setPrototypeOf(state, Object.prototype);
  return Object.isFrozen(state) ? Object.freeze({ ...state }) : { ...state };
}
