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
export type PresenceMeta = Meta & { readonly phx_ref: string; readonly phx_ref_prev?: string };
