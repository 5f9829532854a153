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
