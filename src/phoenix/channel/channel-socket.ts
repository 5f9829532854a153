import type { ServerEvents, ServerPayload } from "../protocol/channel-payload.ts";

/**
 * One client in one topic, as handlers see it. It can own presences: `presence.track(socket, socket.topic, key)` adds a presence that
 * leaves when the channel ends. Once the channel has ended, the methods that send do nothing.
 *
 * @example
 * const join = (_payload: ClientPayload, socket: ChannelSocket) => socket.push("welcome", { to: socket.topic });
 */
export interface ChannelSocket<
  Assigns extends object = Record<string, unknown>,
  Events extends ServerEvents = ServerEvents,
> {
  /** The topic that the client joined. */
  readonly topic: string;
  /** The id that `connect` gave the connection. */
  readonly id: string | undefined;
  /** A copy of what `connect` assigned. Each channel has its own copy, and its handlers may change it. */
  readonly assigns: Assigns;
  /** Whether the channel, or the connection, has ended. */
  readonly closed: boolean;
  /**
   * Whether the channel has ended and the client will not join it again by itself: the client left it, the server stopped it with the
   * reason `"normal"` or `"shutdown"`, or its join was refused. The presences of the channel then leave at once, whatever the
   * `leaveDelayMs` of the tracker. After a lost connection, a crash or a second join they wait.
   */
  readonly endedForGood: boolean;

  /**
   * Sends an event to this client only.
   *
   * A client of version 1.0.0 can't get bytes, and a binary frame has no room for a topic or a join ref of over 255 bytes. Bytes that
   * this client can't get end the channel, and `onError` gets the error.
   *
   * @throws {InvalidArgumentError} for a payload that JSON can't carry; it is a `TypeError`.
   * @throws {LimitError} for bytes with an event of over 255 bytes.
   * @example
   * socket.push("news", { text: "tea is ready" });
   */
  push<Event extends keyof Events & string>(event: Event, payload: Events[Event]): void;

  /**
   * Sends an event to all clients in the topic, on every node, including this one.
   *
   * @throws {InvalidArgumentError} for a payload that JSON can't carry; it is a `TypeError`.
   * @throws {LimitError} for a message that is larger than the pub/sub carries, or bytes with a topic or event of over 255 bytes.
   * @example
   * socket.broadcast("said", { text: "good morning" });
   */
  broadcast<Event extends keyof Events & string>(event: Event, payload: Events[Event]): void;

  /**
   * Sends an event to all clients in the topic, on every node, except this one.
   *
   * @throws {InvalidArgumentError} like `broadcast`.
   * @throws {LimitError} like `broadcast`.
   * @example
   * socket.broadcastFrom("typing", { name: "alice" });
   */
  broadcastFrom<Event extends keyof Events & string>(event: Event, payload: Events[Event]): void;

  /**
   * Replies to a message after `handleIn` has returned.
   *
   * @param ref The last parameter of `handleIn`.
   * @throws {InvalidArgumentError} for a response that JSON can't carry; it is a `TypeError`.
   * @throws {LimitError} for a response of bytes with a status of over 255 bytes.
   * @example
   * setTimeout(() => socket.reply(ref, { ok: { late: true } }), 1_000);
   */
  reply(ref: ReplyRef, reply: Reply): void;

  /**
   * Ends the channel from outside a handler, as the result `{ stop }` does from inside. While the client joins, the channel ends right
   * after the reply, without `afterJoin`.
   *
   * @param reason `"normal"` (the default) or `"shutdown"` sends `phx_close`, and any other reason sends `phx_error`.
   * @example
   * socket.stop(); // the official client does not join again by itself
   */
  stop(reason?: string): void;

  /**
   * Calls `listener` once, when the channel ends: before its presences leave, before `terminate`, and even if a handler is still
   * running.
   *
   * @example
   * socket.on("close", () => controller.abort());
   */
  on(event: "close", listener: () => void): this;

  /**
   * Removes a listener.
   *
   * @example
   * socket.off("close", listener);
   */
  off(event: "close", listener: () => void): this;
}

/**
 * A reply to a message: `phx_reply` with the status `ok`, `error`, or one of your own.
 *
 * @example
 * const reply: Reply = { status: "busy", response: { retryAfterMs: 500 } };
 */
export type Reply =
  | { readonly ok: ServerPayload }
  | { readonly error: ServerPayload }
  | { readonly status: string; readonly response: ServerPayload };

/**
 * Identifies a message, so that `socket.reply` can reply to it later. It is opaque: `handleIn` gets it, and `socket.reply` takes it.
 *
 * @example
 * const unanswered: ReplyRef[] = [];
 */
export interface ReplyRef {
  /** The client's ref, as JSON text. */
  readonly ref: string;
}
