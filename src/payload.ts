/**
 * A JSON value, as a meta may hold.
 *
 * @example
 * const device: Json = { name: "phone", screens: [1, 2], muted: null };
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/**
 * The data of a presence: a small, plain JSON object.
 *
 * @example
 * const meta: Meta = { device: "phone", typing: false };
 */
export type Meta = { readonly [name: string]: Json };

/**
 * A meta as readers see it: deeply frozen, with the ref of the presence and, after an update, the previous ref. They replace
 * members of the tracked meta with these two names.
 *
 * @example
 * const seen: PresenceMeta = { device: "phone", phx_ref: "tokyo.1" };
 */
export type PresenceMeta<M extends object = Meta> = Readonly<M> & {
  readonly phx_ref: string;
  readonly phx_ref_prev?: string;
};

/**
 * Presences by key. The object has no prototype, so `__proto__` is a key like any other.
 *
 * @example
 * const state: State = { alice: { metas: [{ device: "phone", phx_ref: "tokyo.1" }] } };
 */
export type State<M extends object = Meta> = { [key: string]: { metas: PresenceMeta<M>[] } };

/**
 * Joins and leaves by topic. An update has its old meta in `leaves` and its new meta, with a new ref, in `joins`.
 *
 * @example
 * for (const [topic, { joins, leaves }] of diff) console.log(topic, Object.keys(joins), Object.keys(leaves));
 */
export type Diff<M extends object = Meta> = ReadonlyMap<
  string,
  { readonly joins: State<M>; readonly leaves: State<M> }
>;
