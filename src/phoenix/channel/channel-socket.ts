import type { ServerEvents } from "../protocol/channel-payload.ts";
import type { Reply } from "./reply.ts";

/**
 * One client in one topic, as handlers see it. It owns presences: `presence.track(socket, socket.topic, key)` holds until
 * the channel ends. Once it has ended, what is sent to it goes nowhere, and does not throw.
 *
 * @example
 * const join = (_payload: ClientPayload, socket: ChannelSocket) => socket.push("welcome", { to: socket.topic });
 */
export interface ChannelSocket<
  Assigns extends object = Record<string, unknown>,
  Events extends ServerEvents = ServerEvents,
> {
  /** The topic, as the client joined it. */
  readonly topic: string;
  /** The id that `connect` gave the connection. */
  readonly id: string | undefined;
  /** What `connect` assigned: a copy of this channel's own, which handlers may add to. */
  readonly assigns: Assigns;
  /** Whether it has ended. */
  readonly closed: boolean;

  /**
   * Sends an event to this client alone.
   *
   * Bytes that this client can't get, as it speaks 1.0.0, or its topic or refs are over the 255 bytes that a binary frame has
   * room for, end the channel; `onError` hears of it.
   *
   * @throws {InvalidArgumentError} for a payload that JSON can't carry; it is a `TypeError`.
   * @throws {LimitError} for bytes whose event is over 255 bytes.
   * @example
   * socket.push("news", { text: "tea is ready" });
   */
  push<Event extends keyof Events & string>(event: Event, payload: Events[Event]): void;

  /**
   * Sends an event to everybody in the topic, on every node, this client among them.
   *
   * @throws {InvalidArgumentError} for a payload that JSON can't carry; it is a `TypeError`.
   * @throws {LimitError} for more than the pub/sub carries, or bytes whose topic or event is over 255 bytes.
   * @example
   * socket.broadcast("said", { text: "good morning" });
   */
  broadcast<Event extends keyof Events & string>(event: Event, payload: Events[Event]): void;

  /**
   * Sends an event to everybody in the topic, on every node, but not to this client.
   *
   * @throws {InvalidArgumentError} as `broadcast`.
   * @throws {LimitError} as `broadcast`.
   * @example
   * socket.broadcastFrom("typing", { name: "alice" });
   */
  broadcastFrom<Event extends keyof Events & string>(event: Event, payload: Events[Event]): void;

  /**
   * Replies to a push after `handleIn` has returned.
   *
   * @throws {InvalidArgumentError} for a response that JSON can't carry; it is a `TypeError`.
   * @example
   * setTimeout(() => socket.reply(ref, { ok: { late: true } }), 1_000);
   */
  reply(ref: ReplyRef, reply: Reply): void;

  /**
   * Ends the channel from outside a handler, as the `{ stop }` of one does.
   *
   * @param reason `"normal"` (the default) or `"shutdown"` for `phx_close`, anything else for `phx_error`.
   * @example
   * socket.stop(); // and the client does not come back by itself
   */
  stop(reason?: string): void;

  /**
   * Calls `listener` once, when the channel ends: before `terminate`, and while handlers of it may still be at work.
   *
   * @example
   * socket.on("close", () => controller.abort());
   */
  on(event: "close", listener: () => void): this;

  /**
   * Takes a listener off.
   *
   * @example
   * socket.off("close", listener);
   */
  off(event: "close", listener: () => void): this;
}

/**
 * Names a push, to be replied to later. Opaque: it is made by us, and given back to `socket.reply`.
 *
 * @example
 * const waiting: ReplyRef[] = [];
 */
export interface ReplyRef {
  /** As JSON text. */
  readonly ref: string;
}
