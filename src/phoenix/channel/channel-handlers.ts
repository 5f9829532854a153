import type { ClientPayload, ServerEvents, ServerPayload } from "../protocol/channel-payload.ts";
import type { ChannelSocket, ReplyRef } from "./channel-socket.ts";
import type { Reply } from "./reply.ts";

/**
 * What a channel does with those who join its topics. Each handler may be async: of one channel of one socket they run one after
 * the other, in the order in which the client sent. One that throws, or whose promise rejects, ends this
 * channel of this socket with `phx_error`, and is reported to `onError`; the client joins anew by itself.
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
   * Lets the client in, or not. The connection waits for it: until it is settled nothing else that this client sent is answered.
   * What it pushes follows the reply. Where it throws, the client is told `join crashed`.
   *
   * @returns `{ ok: response }`, or nothing, to let it in; `{ error: response }` to refuse it: say the `reason`.
   */
  join(payload: ClientPayload, socket: ChannelSocket<Assigns, Events>): Promised<JoinResult>;

  /**
   * Runs when the reply to a join is on its way, and before anything that the client sent behind the join: the place to
   * push what a newcomer needs.
   */
  afterJoin?(socket: ChannelSocket<Assigns, Events>): Promised<void>;

  /**
   * Gets what the client sends. Without it, whatever a client sends ends the channel with an `UnhandledEventError`; throw one
   * for an event that you don't know.
   *
   * @param ref What `socket.reply` takes, to reply after this has returned.
   * @returns Nothing for no reply; `{ ok }`, `{ error }` or `{ status, response }` for one; `{ stop }`, alone or with
   * a reply, to end the channel.
   */
  handleIn?(
    event: string,
    payload: ClientPayload,
    socket: ChannelSocket<Assigns, Events>,
    ref: ReplyRef,
  ): Promised<HandleResult>;

  /** The events that go through `handleOut` when they are broadcast. All others go to the client at once. */
  readonly intercept?: readonly string[];

  /** Gets each broadcast of an event named in `intercept`, in place of the client: push what this one may see. */
  handleOut?(
    event: string,
    payload: ServerPayload,
    socket: ChannelSocket<Assigns, Events>,
  ): Promised<HandleResult>;

  /**
   * Runs once, after all else, however the channel ended: not for a join that was refused. Nothing reaches the client any
   * more.
   */
  terminate?(reason: TerminateReason, socket: ChannelSocket<Assigns, Events>): Promised<void>;
}

/**
 * A value, or a promise of it.
 *
 * @example
 * const soon: Promised<number> = Promise.resolve(1);
 */
export type Promised<T> = T | PromiseLike<T>;

/**
 * What a join comes to.
 *
 * @example
 * const refused: JoinResult = { error: { reason: "unauthorized" } };
 */
export type JoinResult =
  | undefined
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing is one that returns void.
  | void
  | { readonly ok: ServerPayload }
  | { readonly error: ServerPayload };

/**
 * What a handler comes to: nothing, a reply, the channel's end, or a reply and then the end. To `stop` for `"normal"` or
 * `"shutdown"` is a `phx_close`, after which a client stays away; for any other reason it is a `phx_error`, after which it comes
 * back.
 *
 * @example
 * const bye: HandleResult = { stop: "normal", ok: { bye: true } };
 */
export type HandleResult =
  | undefined
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing is one that returns void.
  | void
  | (Reply & { readonly stop?: string })
  | { readonly stop: string; readonly ok?: never; readonly error?: never; readonly status?: never };

/**
 * Why a channel ended: the client left it, joined its topic again, or is gone; a handler or `socket.stop` ended it; or
 * a handler threw, or it was stopped for a reason that is neither `"normal"` nor `"shutdown"`.
 *
 * @example
 * const isExpected = (reason: TerminateReason) => reason !== "crashed";
 */
export type TerminateReason = "left" | "rejoined" | "disconnected" | "stopped" | "crashed";
