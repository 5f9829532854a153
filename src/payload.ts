/**
 * A JSON value: what a meta may hold.
 *
 * @example
 * const device: Json = { name: "phone", screens: [1, 2], muted: null };
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/**
 * What a presence says about itself: a plain JSON object, kept small.
 *
 * @example
 * const meta: Meta = { device: "phone", typing: false };
 */
export type Meta = { readonly [name: string]: Json };

/**
 * A meta as readers see it: what was tracked, deeply frozen, with the presence's ref, and after an update
 * the ref before. A tracked meta's own members of these two names are replaced.
 *
 * @example
 * const seen: PresenceMeta = { device: "phone", phx_ref: "tokyo.1" };
 */
export type PresenceMeta<M extends object = Meta> = Readonly<M> & {
  readonly phx_ref: string;
  readonly phx_ref_prev?: string;
};

/**
 * Presences by key. It has no prototype: `__proto__` is a key like any other.
 *
 * @example
 * const state: State = { alice: { metas: [{ device: "phone", phx_ref: "tokyo.1" }] } };
 */
export type State<M extends object = Meta> = { [key: string]: { metas: PresenceMeta<M>[] } };

/**
 * What changed, by topic. No ref is in both; of an update the old meta is in `leaves` and the new one in `joins`.
 *
 * @example
 * for (const [topic, { joins, leaves }] of diff) console.log(topic, Object.keys(joins), Object.keys(leaves));
 */
export type Diff<M extends object = Meta> = ReadonlyMap<
  string,
  { readonly joins: State<M>; readonly leaves: State<M> }
>;
