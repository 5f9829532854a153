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
 * A JSON type whose members are all readonly, at any depth, as those of a frozen value are.
 *
 * @example
 * type Seen = DeepReadonly<{ ids: string[] }>; // { readonly ids: readonly string[] }
 */
export type DeepReadonly<T> = Json extends T
  ? T // Json itself is readonly, and recursive.
  : T extends string | number | boolean | null | undefined
    ? T
    : { readonly [K in keyof T]: DeepReadonly<T[K]> };

/**
 * A meta as readers see it: deeply frozen, with the ref of the presence and, after an update, the previous ref. They replace
 * members of the tracked meta with these two names.
 *
 * @example
 * const seen: PresenceMeta = { device: "phone", phx_ref: "tokyo.1" };
 */
export type PresenceMeta<M extends object = Meta> = DeepReadonly<M> & {
  readonly phx_ref: string;
  readonly phx_ref_prev?: string;
};

/**
 * Presences by key, which readers cannot change. What `list` and subscribers get is an ordinary object, in which a key
 * `__proto__` is an own property. Read a key that you did not choose with `Object.hasOwn`, because every object inherits
 * `constructor`. The states in `Diff` have no prototype.
 *
 * @example
 * const state: State = { alice: { metas: [{ device: "phone", phx_ref: "tokyo.1" }] } };
 */
export type State<M extends object = Meta> = {
  readonly [key: string]: { readonly metas: readonly PresenceMeta<M>[] };
};

/**
 * A state that its holder may change, such as the one that `fetch` gets. The metas in it are frozen all the same. What
 * `fetch` gets has no prototype while it runs, so `presences["constructor"]` is `undefined` unless it is a key.
 *
 * @example
 * const withoutAlice: Fetch = (topic, presences: MutableState) => {
 *   delete presences.alice;
 *   return presences;
 * };
 */
export type MutableState<M extends object = Meta> = { [key: string]: { metas: PresenceMeta<M>[] } };

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
