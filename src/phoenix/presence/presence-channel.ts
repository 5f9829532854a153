import {
  assertFunction,
  assertOptionsObject,
  checkArgument,
  hasMethods,
} from "../../checks/check-argument.ts";
import type { Meta } from "../../payload.ts";
import type { PresenceMessage } from "../../presence/presence-message.ts";
import type { MetaArgument } from "../../tracker/meta/meta-types.ts";
import type { Owner } from "../../tracker/owners/owner.ts";
import { andThen, type Promised } from "../async/promised.ts";
import type { ChannelHandlers } from "../channel/channel-handlers.ts";
import type { ChannelSocket } from "../channel/channel-socket.ts";
import { encodedPushOf } from "../channel/encoded-push.ts";
import type { ServerEvents } from "../protocol/channel-payload.ts";
import { PresenceFrames } from "./presence-frames.ts";

/**
 * The options of a presence channel: the presence, the key of each client, and the handlers of the channel. `A` is the meta
 * argument of the presence's `track`; if it is required, `presenceChannel` requires `meta`.
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
  A extends [meta?: unknown] = MetaArgument<Meta>,
> extends Omit<ChannelHandlers<Assigns, Events>, "join"> {
  /** The presence that tracks the clients, and whose messages they get. */
  readonly presence: {
    track(owner: Owner, topic: string, key: string | number, ...meta: A): string;
    subscribe(topic: string, listener: (message: PresenceMessage<object>) => unknown): () => void;
  };

  /**
   * The topic in the presence.
   *
   * @defaultValue the topic of the channel
   */
  readonly topic?: (socket: ChannelSocket<Assigns, Events>) => string;

  /**
   * The key that the client is tracked under, for example a user id or `"viewers"`. With `undefined` the client is not tracked, and
   * sees the others.
   */
  readonly key: (socket: ChannelSocket<Assigns, Events>) => Promised<string | number | undefined>;

  /**
   * The meta of the client's presence. It is required if `track` of the presence requires a meta.
   *
   * @defaultValue an empty meta
   */
  readonly meta?: (socket: ChannelSocket<Assigns, Events>) => Promised<NonNullable<A[0]>>;

  /**
   * Accepts or refuses a client.
   *
   * @defaultValue all clients are accepted
   */
  readonly join?: ChannelHandlers<Assigns, Events>["join"];
}

/**
 * Makes the handlers of a channel whose clients see each other. A client is tracked after it has joined and `afterJoin` has run. It
 * gets `presence_state`, which includes its own presence, and then a `presence_diff` for each later change. Its presence leaves when
 * the channel ends.
 *
 * The channel does not wait for `fetch`: a message that the client sends right after its join may be answered before the client gets
 * the state. The socket is the owner, so a handler changes the client's meta with `presence.update(socket, topic, key, meta)`.
 *
 * @throws {InvalidArgumentError} for a `presence` that is not a `Presence`, or a `key`, `topic` or `meta` that is not a function; it is
 * a `TypeError`.
 * @example
 * endpoint.channel("room:*", presenceChannel({ presence, key: (socket) => socket.assigns.userId }));
 */
export function presenceChannel<
  Assigns extends object = Record<string, unknown>,
  Events extends ServerEvents = ServerEvents,
  A extends [meta?: unknown] = MetaArgument<Meta>,
>(
  options: PresenceChannelOptions<Assigns, Events, A> & ([] extends A ? unknown : { readonly meta: unknown }),
): ChannelHandlers<Assigns, Events> {
  assertOptionsObject(options, 'Pass { presence, key: () => "viewers" }.');
  assertOptions(options);
  const {
    presence,
    topic: topicOf,
    key: keyOf,
    meta: metaOf,
    ...handlers
  }: PresenceChannelOptions<Assigns, Events, A> = options;
  const frames = new PresenceFrames();

  function follow(socket: ChannelSocket<Assigns, Events>, topic: string): void {
    const channel = encodedPushOf(socket);
    const send = (message: PresenceMessage<object>): void => {
      if (message.event === "presence_state") channel.pushBody(message.event, frames.bodyOf(message));
      else channel.deliver(frames.broadcastOf(message, socket.topic));
    };
    socket.on("close", presence.subscribe(topic, send));
  }

  function begin(socket: ChannelSocket<Assigns, Events>, key: string | number | undefined, meta: A): void {
    if (socket.closed) return;
    const topic = topicOf?.(socket) ?? socket.topic;
    if (key !== undefined) presence.track(socket, topic, key, ...meta);
    // A listener of the presence may have ended the channel, for example to disconnect a second tab.
    if (socket.closed) return;
    // Subscribe after track, so that the state includes this client, and at once, so that no diff is missed in between.
    follow(socket, topic);
  }

  return {
    join: () => {},
    ...handlers,
    afterJoin: (socket) =>
      andThen(handlers.afterJoin?.(socket), () =>
        andThen(keyOf(socket), (key) =>
          andThen(metaOf?.(socket), (meta) => begin(socket, key, [meta] as [meta?: unknown] as A)),
        ),
      ),
  };
}

function assertOptions(options: {
  readonly presence: unknown;
  readonly key: unknown;
  readonly topic?: unknown;
  readonly meta?: unknown;
}): void {
  const { presence, key, topic, meta } = options;
  const advice = presence instanceof Promise ? "Await it first." : "Pass what createPresence gives.";
  // A Tracker has no subscribe.
  const isPresence = hasMethods(presence as object, "track", "subscribe");
  checkArgument("presence", presence, isPresence, "a Presence", advice);
  assertFunction("key", key, 'It returns the key that a client is tracked under, as () => "viewers".');
  if (topic !== undefined) assertFunction("topic", topic, "Or leave it out for the topic of the channel.");
  if (meta !== undefined)
    assertFunction("meta", meta, "It returns the meta of a client's presence, as () => ({}).");
}
