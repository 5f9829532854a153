import {
  assertFunction,
  assertOptionsObject,
  assertTimeFromZero,
  checkArgument,
  hasMethods,
} from "../../checks/check-argument.ts";
import type { Meta } from "../../payload.ts";
import type { PresenceMessage } from "../../presence/presence-message.ts";
import type { SubscribeOptions } from "../../presence/subscribe-options.ts";
import type { Subscription } from "../../presence/subscription.ts";
import type { MetaArgument } from "../../tracker/meta/meta-types.ts";
import type { Owner } from "../../tracker/owners/owner.ts";
import { andThen, type Promised } from "../async/promised.ts";
import type { ChannelHandlers, JoinResult } from "../channel/channel-handlers.ts";
import type { ChannelSocket } from "../channel/channel-socket.ts";
import { encodedPushOf } from "../channel/encoded-push.ts";
import type { ServerEvents } from "../protocol/channel-payload.ts";
import { isAcceptance, refusalOf } from "./join-refusals.ts";
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
    subscribe(
      topic: string,
      listener: (message: PresenceMessage<object>) => unknown,
      options?: SubscribeOptions,
    ): Subscription;
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
   * The shortest time between two diffs of a topic, in ms. The first change is sent at once, and further changes within the window
   * become one diff, so that a client which changes or joins a thousand times a second costs no more than twenty diffs. A new client
   * gets its state at the end of the window too. With 0 every change is a diff of its own.
   *
   * @defaultValue 50
   */
  readonly diffWindowMs?: number;

  /**
   * Accepts or refuses a client.
   *
   * @defaultValue all clients are accepted
   */
  readonly join?: ChannelHandlers<Assigns, Events>["join"];
}

/**
 * Makes the handlers of a channel whose clients see each other. A client that `join` accepts is tracked before the reply. A limit of
 * the presence, such as `maxPerTopic`, refuses the join with a reason, such as `room is full`. After the reply `afterJoin` runs, and
 * then the client gets `presence_state`, which includes its own presence, and a `presence_diff` for later changes, at most one per
 * `diffWindowMs`. Its presence leaves when the channel ends.
 *
 * The channel does not wait for `fetch`: a message that the client sends right after its join may be answered before the client gets
 * the state. The socket is the owner, so a handler changes the client's meta with `presence.update(socket, topic, key, meta)`.
 *
 * @throws {InvalidArgumentError} for a `presence` that is not a `Presence`, a `key`, `topic` or `meta` that is not a function, or a
 * `diffWindowMs` that is not a time; it is a `TypeError`.
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
    diffWindowMs = 50,
    ...handlers
  }: PresenceChannelOptions<Assigns, Events, A> = options;
  const frames = new PresenceFrames();
  /** The presence topic of each channel, chosen once. */
  const topics = new WeakMap<object, string>();
  type Socket = ChannelSocket<Assigns, Events>;

  /** Tracks a client that `join` accepted. Returns the result of `join`, or a refusal. */
  function enter(
    socket: Socket,
    key: string | number | undefined,
    meta: A,
    accepted: JoinResult,
  ): JoinResult {
    // The connection may have ended during join: the others need not see its client come and go.
    if (socket.closed) return accepted;
    const topic = topicOf?.(socket) ?? socket.topic;
    topics.set(socket, topic);
    try {
      if (key !== undefined) presence.track(socket, topic, key, ...meta);
      // Nothing is tracked, but the topic may be too long to follow.
      else presence.subscribe(topic, () => {}, { diffWindowMs }).unsubscribe();
    } catch (thrown) {
      return refusalOf(thrown);
    }
    return accepted;
  }

  function follow(socket: Socket): void {
    const channel = encodedPushOf(socket);
    const send = (message: PresenceMessage<object>): void => {
      if (message.event === "presence_state") channel.pushBody(message.event, frames.bodyOf(message));
      else channel.deliver(frames.broadcastOf(message, socket.topic));
    };
    const topic = topics.get(socket) ?? topicOf?.(socket) ?? socket.topic;
    presence.subscribe(topic, send, { diffWindowMs, owner: socket });
  }

  return {
    ...handlers,
    join: (payload, socket) =>
      andThen(handlers.join?.(payload, socket), (result) => {
        if (!isAcceptance(result) || socket.closed) return result;
        return andThen(keyOf(socket), (key) =>
          andThen(metaOf?.(socket), (meta) => enter(socket, key, [meta] as [meta?: unknown] as A, result)),
        );
      }),
    // The state includes this client, as it is tracked, and every diff after it follows.
    afterJoin: (socket) => andThen(handlers.afterJoin?.(socket), () => follow(socket)),
  };
}

function assertOptions(options: {
  readonly presence: unknown;
  readonly key: unknown;
  readonly topic?: unknown;
  readonly meta?: unknown;
  readonly diffWindowMs?: unknown;
}): void {
  const { presence, key, topic, meta, diffWindowMs = 0 } = options;
  const advice = presence instanceof Promise ? "Await it first." : "Pass what createPresence gives.";
  // A Tracker has no subscribe.
  const isPresence = hasMethods(presence as object, "track", "subscribe");
  checkArgument("presence", presence, isPresence, "a Presence", advice);
  assertFunction("key", key, 'It returns the key that a client is tracked under, as () => "viewers".');
  if (topic !== undefined) assertFunction("topic", topic, "Or leave it out for the topic of the channel.");
  if (meta !== undefined)
    assertFunction("meta", meta, "It returns the meta of a client's presence, as () => ({}).");
  assertTimeFromZero("diffWindowMs", diffWindowMs);
}
