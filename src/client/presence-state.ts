import type { Meta, PresenceMeta } from "../payload.ts";

/**
 * What this client needs of an entry: metas that have refs. A projection may add whatever else it likes.
 *
 * @example
 * const alice: Entry = { metas: [{ phx_ref: "tokyo.1" }] };
 */
export interface BaseEntry {
  readonly metas: readonly { readonly phx_ref: string }[];
}

/**
 * An entry as it comes without a projection: the metas of one key.
 *
 * @example
 * const alice: PresenceEntry<{ device: string }> = { metas: [{ device: "phone", phx_ref: "tokyo.1" }] };
 */
export interface PresenceEntry<M extends object = Meta> {
  readonly metas: readonly PresenceMeta<M>[];
}

/**
 * Presences by key. Those that this client makes have no prototype: `__proto__` is a key like any other.
 *
 * @example
 * const state: PresenceState = { alice: { metas: [{ device: "phone", phx_ref: "tokyo.1" }] } };
 */
export type PresenceState<E extends BaseEntry = PresenceEntry> = { readonly [key: string]: E };

/**
 * Who joined and who left. Of an update the old meta is in `leaves` and the new one in `joins`.
 *
 * @example
 * const diff: PresenceDiff = { joins: { alice: { metas: [{ phx_ref: "tokyo.1" }] } }, leaves: {} };
 */
export interface PresenceDiff<E extends BaseEntry = PresenceEntry> {
  readonly joins: PresenceState<E>;
  readonly leaves: PresenceState<E>;
}

/**
 * Hears that a key joined: what was there before, if anything, and what came.
 *
 * @example
 * const onJoin: OnJoin = (key, current) => console.log(current ? `${key}, once more` : `${key} is here`);
 */
export type OnJoin<E extends BaseEntry = PresenceEntry> = (
  key: string,
  current: E | undefined,
  joined: E,
) => void;

/**
 * Hears that a key left: what remains, without metas when nothing does, and what went.
 *
 * @example
 * const onLeave: OnLeave = (key, current) => console.log(current.metas.length ? `${key}, one less` : `${key} left`);
 */
export type OnLeave<E extends BaseEntry = PresenceEntry> = (key: string, current: E, left: E) => void;
