import type { ServerPayload } from "../protocol/channel-payload.ts";

/**
 * An answer to a push: `phx_reply` with the status `ok`, `error`, or one of your own.
 *
 * @example
 * const reply: Reply = { status: "busy", response: { retryAfterMs: 500 } };
 */
export type Reply =
  | { readonly ok: ServerPayload }
  | { readonly error: ServerPayload }
  | { readonly status: string; readonly response: ServerPayload };
