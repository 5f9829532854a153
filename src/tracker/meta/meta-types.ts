import type { DeepReadonly, Json, PresenceMeta } from "../../payload.ts";

/**
 * The meta of a call: the caller may leave it out if a meta without members fits its type `I`. It may be a meta that was read.
 *
 * @example
 * type Required = MetaArgument<{ name: string }>; // [meta: { readonly name: string }]
 * type Optional = MetaArgument<{ typing?: boolean }>; // [meta?: { readonly typing?: boolean }]
 */
export type MetaArgument<I> =
  Record<never, never> extends I ? [meta?: DeepReadonly<I>] : [meta: DeepReadonly<I>];

/**
 * The new meta of an `update`, or a function that makes it. The function gets the old meta, of type `M`, and may return a changed
 * copy of it.
 *
 * @example
 * const setTyping: MetaUpdate<{ typing: boolean }> = (meta) => ({ ...meta, typing: true });
 */
export type MetaUpdate<M extends object, I = M> =
  | DeepReadonly<I>
  | ((meta: PresenceMeta<M>) => DeepReadonly<I> | DeepReadonly<M>);

/**
 * Any object type if all members of `M` survive as JSON; otherwise a sentence, which the compiler shows.
 *
 * @example
 * declare function track<M extends JsonObject<M>>(meta: M): void;
 */
export type JsonObject<M> = [NonJsonMember<M>] extends [never]
  ? object
  : `A meta holds only JSON values, and its member "${NonJsonMember<M> & string}" is not one.`;

/**
 * The names of the members of `M` that do not survive as JSON.
 *
 * @example
 * type Lost = NonJsonMember<{ device: string; since: Date }>; // "since"
 */
export type NonJsonMember<M> = { [K in keyof M]-?: M[K] extends AsJson<M[K]> ? never : K }[keyof M];

/**
 * Maps a type to the part of it that survives as JSON: `T` itself if all of it does.
 *
 * @example
 * type Fine = AsJson<{ device: string }>; // { device: string }
 * type Lost = AsJson<{ since: Date }>; // no Date is assignable
 */
export type AsJson<T> = T extends Json | undefined
  ? T
  : T extends (...parameters: never) => unknown
    ? never
    : T extends object
      ? { [K in keyof T]: AsJson<T[K]> }
      : never;
