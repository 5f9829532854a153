import type { Meta, PresenceMeta } from "../payload.ts";

/**
 * The part of an entry that the client needs: metas with refs. A projection on the server may add other members.
 *
 * @example
 * const alice: BaseEntry = { metas: [{ phx_ref: "tokyo.1" }] };
 */
export interface BaseEntry {
  readonly metas: readonly { readonly phx_ref: string }[];
}

/**
 * An entry as the server sends it without a projection: the metas of one key.
 *
 * @example
 * const alice: PresenceEntry<{ device: string }> = { metas: [{ device: "phone", phx_ref: "tokyo.1" }] };
 */
export interface PresenceEntry<M extends object = Meta> {
  readonly metas: readonly PresenceMeta<M>[];
}

/**
 * Presences by key. States that the client creates are ordinary objects, so that React accepts them as props of Client
 * Components. Read a key that you did not choose with `Object.hasOwn`: every object inherits `constructor`. A key
 * `__proto__` is an own property.
 *
 * @example
 * const state: PresenceState = { alice: { metas: [{ device: "phone", phx_ref: "tokyo.1" }] } };
 */
export type PresenceState<E extends BaseEntry = PresenceEntry> = { readonly [key: string]: E };

/**
 * The entries that joined and left. An update has its old meta in `leaves` and its new meta in `joins`.
 *
 * @example
 * const diff: PresenceDiff = { joins: { alice: { metas: [{ phx_ref: "tokyo.1" }] } }, leaves: {} };
 */
export interface PresenceDiff<E extends BaseEntry = PresenceEntry> {
  readonly joins: PresenceState<E>;
  readonly leaves: PresenceState<E>;
}

/**
 * Called when a key joins. `current` is its entry before the join, if any; `joined` is the entry that joined.
 *
 * @example
 * const onJoin: OnJoin = (key, current) => console.log(current ? `${key} opened another tab` : `${key} is here`);
 */
export type OnJoin<E extends BaseEntry = PresenceEntry> = (
  key: string,
  current: E | undefined,
  joined: E,
) => void;

/**
 * Called when a key leaves. `current` is its entry after the leave, with no metas if all left; `left` is the entry
 * that left.
 *
 * @example
 * const onLeave: OnLeave = (key, current) => console.log(current.metas.length ? `${key} closed a tab` : `${key} left`);
 */
export type OnLeave<E extends BaseEntry = PresenceEntry> = (key: string, current: E, left: E) => void;

/**
 * The entries of a state as a list, or the result of `by` for each of them.
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
