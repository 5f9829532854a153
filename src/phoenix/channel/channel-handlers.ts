import type { Promised } from "../async/promised.ts";
import type { ClientPayload, ServerEvents, ServerPayload } from "../protocol/channel-payload.ts";
import type { ChannelSocket, Reply, ReplyRef } from "./channel-socket.ts";

/**
 * The handlers of a channel. Each of them may be async. For one channel of one socket they run one at a time, in the order in which
 * the client sent its messages. If a handler throws or rejects, this channel of this socket ends with `phx_error`, and `onError` gets
 * the error. The official client then joins again by itself.
 *
 * @example
 * const chat: ChannelHandlers<{ userId: string }> = {
 *   join: (_payload, socket) => (socket.topic === "room:private" ? { error: { reason: "unauthorized" } } : { ok: {} }),
 *   handleIn(event, payload, socket) {
 *     if (event !== "say") throw new UnhandledEventError(event);
 *     socket.broadcast("said", { by: socket.assigns.userId, payload });
 *   },
 * };
 */
export interface ChannelHandlers<
  Assigns extends object = Record<string, unknown>,
  Events extends ServerEvents = ServerEvents,
> {
  /**
   * Accepts or refuses a client. The connection waits for the result: later messages of the same socket are handled after it. What
   * `join` pushes is sent after the reply. If `join` throws or rejects, the client is refused with the reason `join crashed`.
   *
   * @returns `{ ok: response }` or nothing to accept the client; `{ error: response }`, best with a `reason`, to refuse it.
   */
  join(payload: ClientPayload, socket: ChannelSocket<Assigns, Events>): Promised<JoinResult>;

  /**
   * Runs after the reply to the join was sent, and before any message that the client sent after the join is handled. Push here what
   * a new client needs.
   */
  afterJoin?(socket: ChannelSocket<Assigns, Events>): Promised<void>;

  /**
   * Handles a message of the client. Throw an `UnhandledEventError` for an event that you do not know. A channel without `handleIn`
   * ends with this error at the first message.
   *
   * A `LimitError` of a presence or of `broadcast` does not end the channel: the client gets an error reply with a reason, such as
   * `too many presence changes`, and `onError` gets the error. Otherwise the official client would join again, only to send more.
   *
   * @param ref Pass it to `socket.reply` to reply after `handleIn` has returned.
   * @returns `{ ok }`, `{ error }` or `{ status, response }` to reply; `{ stop }`, alone or with a reply, to end the channel; nothing
   * to do neither.
   */
  handleIn?(
    event: string,
    payload: ClientPayload,
    socket: ChannelSocket<Assigns, Events>,
    ref: ReplyRef,
  ): Promised<HandleResult>;

  /** The events whose broadcasts go to `handleOut`. All other broadcasts go directly to the client. */
  readonly intercept?: readonly string[];

  /**
   * Handles a broadcast of an event in `intercept`. The client gets only what this handler pushes. Do not change the payload: all
   * sockets share it.
   */
  handleOut?(
    event: string,
    payload: ServerPayload,
    socket: ChannelSocket<Assigns, Events>,
  ): Promised<HandleResult>;

  /**
   * Runs once, as the last handler, however the channel ended. It does not run after a refused join. Nothing that it sends reaches
   * the client.
   */
  terminate?(reason: TerminateReason, socket: ChannelSocket<Assigns, Events>): Promised<void>;
}

/**
 * The result of `join`: `ok` or nothing accepts the client, `error` refuses it.
 *
 * @example
 * const refused: JoinResult = { error: { reason: "unauthorized" } };
 */
export type JoinResult =
  | undefined
  // biome-ignore lint/suspicious/noConfusingVoidType: the type of a handler that returns nothing is void.
  | void
  | { readonly ok: ServerPayload }
  | { readonly error: ServerPayload };

/**
 * The result of `handleIn` or `handleOut`: nothing; a reply, from `handleIn` only; `stop`, which ends the channel; or a reply and then
 * the end. The stop reasons `"normal"` and `"shutdown"` send `phx_close`, and the official client stays away. Any other reason sends
 * `phx_error`, and the official client joins again.
 *
 * @example
 * const bye: HandleResult = { stop: "normal", ok: { bye: true } };
 */
export type HandleResult =
  | undefined
  // biome-ignore lint/suspicious/noConfusingVoidType: the type of a handler that returns nothing is void.
  | void
  | (Reply & { readonly stop?: string })
  | { readonly stop: string; readonly ok?: never; readonly error?: never; readonly status?: never };

/**
 * Why a channel ended:
 *
 * - `"left"`: the client left it.
 * - `"rejoined"`: the client joined its topic again.
 * - `"disconnected"`: the connection closed.
 * - `"stopped"`: the server stopped it with the reason `"normal"` or `"shutdown"`.
 * - `"crashed"`: a handler threw, or the server stopped it with another reason.
 *
 * @example
 * const isExpected = (reason: TerminateReason) => reason !== "crashed";
 */
export type TerminateReason = "left" | "rejoined" | "disconnected" | "stopped" | "crashed";
