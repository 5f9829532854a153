import {
  assertFunction,
  assertOptionsObject,
  checkArgument,
  hasMethods,
} from "../../checks/check-argument.ts";
import type { Meta, State } from "../../payload.ts";
import type { Presence } from "../../presence/presence.ts";
import type { PresenceMessage } from "../../presence/presence-message.ts";
import { andThen } from "../async/mailbox.ts";
import type { Channel } from "../channel/channel.ts";
import type { ChannelHandlers, Promised } from "../channel/channel-handlers.ts";
import type { ChannelSocket } from "../channel/channel-socket.ts";
import type { ServerEvents } from "../protocol/channel-payload.ts";
import { PresenceFrames } from "./presence-frames.ts";

/**
 * What a presence channel is made with: whose presence, under which key, and what else the channel does.
 *
 * @example
 * const options: PresenceChannelOptions<{ userId: string }> = {
 *   presence,
 *   key: (socket) => socket.assigns.userId,
 *   meta: () => ({ onlineAt: Date.now() }),
 * };
 */
export interface PresenceChannelOptions<
  Assigns extends object = Record<string, unknown>,
  Events extends ServerEvents = ServerEvents,
  M extends object = Meta,
  P extends object = State<M>,
> extends Omit<ChannelHandlers<Assigns, Events>, "join"> {
  /** Who is here: it tracks, and tells. */
  readonly presence: Pick<Presence<M, P>, "track" | "subscribe">;

  /**
   * The topic of the presence.
   *
   * @defaultValue that of the channel
   */
  readonly topic?: (socket: ChannelSocket<Assigns, Events>) => string;

  /** What the client is tracked under: a user id, or `"viewers"`. `undefined` for one who only looks on. */
  readonly key: (socket: ChannelSocket<Assigns, Events>) => Promised<string | number | undefined>;

  /**
   * What the client's presence says about it.
   *
   * @defaultValue nothing
   */
  readonly meta?: (socket: ChannelSocket<Assigns, Events>) => Promised<M>;

  /**
   * Decides who may join.
   *
   * @defaultValue everybody may
   */
  readonly join?: ChannelHandlers<Assigns, Events>["join"];
}

/**
 * A channel whose members see each other. When a client has joined, and `afterJoin` has run, it is tracked, and
 * gets `presence_state`, itself included, and then a `presence_diff` for every change that is not in it. It leaves when its channel
 * does. It does not wait for `fetch`: what the client sends right behind its join may be answered before the state comes. The
 * socket is the owner: `presence.update(socket, topic, key, meta)` in a handler changes its meta.
 *
 * @throws {InvalidArgumentError} for a `presence` that is none, or a `key`, `topic` or `meta` that is no function; it is a `TypeError`.
 * @example
 * endpoint.channel("room:*", presenceChannel({ presence, key: (socket) => socket.assigns.userId }));
 */
export function presenceChannel<
  Assigns extends object = Record<string, unknown>,
  Events extends ServerEvents = ServerEvents,
  M extends object = Meta,
  P extends object = State<M>,
>(options: PresenceChannelOptions<Assigns, Events, M, P>): ChannelHandlers<Assigns, Events> {
  assertOptionsObject(options, 'Pass { presence, key: () => "viewers" }.');
  assertOptions({ ...options });
  const { presence, topic: topicOf, key: keyOf, meta: metaOf, ...handlers } = options;
  const frames = new PresenceFrames();

  function follow(socket: ChannelSocket<Assigns, Events>, topic: string): void {
    const channel = socket as unknown as Channel;
    const tell = (message: PresenceMessage<P>): void => {
      if (message.event === "presence_state") channel.pushBody(message.event, frames.bodyOf(message));
      else channel.deliver(frames.broadcastOf(message, channel.topic));
    };
    socket.on("close", presence.subscribe(topic, tell));
  }

  function begin(socket: ChannelSocket<Assigns, Events>, key: string | number | undefined, meta?: M): void {
    if (socket.closed) return;
    const topic = topicOf?.(socket) ?? socket.topic;
    if (key !== undefined) presence.track(socket, topic, key, meta);
    // Who hears of it may have ended the channel, as to let nobody in twice.
    if (socket.closed) return;
    // Behind it, so that the first state has it; at once, so that no diff falls in between.
    follow(socket, topic);
  }

  return {
    join: () => {},
    ...handlers,
    afterJoin: (socket) =>
      andThen(handlers.afterJoin?.(socket), () =>
        andThen(keyOf(socket), (key) => andThen(metaOf?.(socket), (meta) => begin(socket, key, meta))),
      ),
  };
}

function assertOptions({ presence, key, topic, meta }: Readonly<Record<string, unknown>>): void {
  const advice = presence instanceof Promise ? "Await it first." : "Pass what createPresence gives.";
  // A Tracker has a subscribe too: that of its own to the transport, as has its begin.
  const isPresence =
    hasMethods(presence as object, "track", "subscribe") && !hasMethods(presence as object, "begin");
  checkArgument("presence", presence, isPresence, "a Presence", advice);
  assertFunction("key", key, 'It says what a client is tracked under, as () => "viewers".');
  if (topic !== undefined) assertFunction("topic", topic, "Or leave it out for the topic of the channel.");
  if (meta !== undefined)
    assertFunction("meta", meta, "It gives what a presence says of itself, as () => ({}).");
}
