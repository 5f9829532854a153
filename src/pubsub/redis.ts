import { BrokerSession } from "./internal/broker-session.ts";
import { checkRedisClients } from "./internal/check-driver-options.ts";
import type { PubSub } from "./pubsub.ts";

/**
 * The part of a node-redis client that publishes: what `createClient` of `redis` gives, or of `@redis/client`.
 *
 * @example
 * const publisher: RedisPublisher = await createClient().connect();
 */
export interface RedisPublisher {
  readonly isReady: boolean;
  publish(channel: string, message: Buffer): Promise<unknown>;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/**
 * The part of a node-redis client that subscribes.
 *
 * @example
 * const subscriber: RedisSubscriber = await publisher.duplicate().connect();
 */
export interface RedisSubscriber {
  readonly isReady: boolean;
  subscribe(channel: string, listener: RedisListener, bufferMode: true): Promise<unknown>;
  unsubscribe(channel: string, listener: RedisListener, bufferMode: true): Promise<unknown>;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/**
 * What node-redis calls for each message.
 *
 * @example
 * const listener: RedisListener = (message, channel) => console.log(channel.length, message.length);
 */
export type RedisListener = (message: Uint8Array, channel: Uint8Array) => void;

/**
 * What `redisPubSub` is made with.
 *
 * @example
 * const options: RedisPubSubOptions = { publisher, subscriber: await publisher.duplicate().connect() };
 */
export interface RedisPubSubOptions {
  /** A client that is connected. It may serve others too. */
  readonly publisher: RedisPublisher;
  /** Another one, as a connection that subscribes can do little else; `publisher.duplicate()` will do. */
  readonly subscriber: RedisSubscriber;
  /**
   * How long `subscribe` waits for the server, in ms, before it rejects.
   * @defaultValue 10 000
   */
  readonly subscribeTimeoutMs?: number;
}

/** After any of these a client may be in another state. */
const EVENTS = ["ready", "reconnecting", "end", "terminated", "error"];

/**
 * Over Redis, or what speaks its protocol, with node-redis (`redis`). For ioredis there is `ioredisPubSub`.
 *
 * @throws {InvalidArgumentError} for what is no client of node-redis, or one client in place of two; it is a `TypeError`.
 * @example
 * const publisher = await createClient({ url: "redis://localhost" }).connect();
 * const subscriber = await publisher.duplicate().connect();
 * const tracker = await createTracker({ pubsub: redisPubSub({ publisher, subscriber }) });
 */
export function redisPubSub(options: RedisPubSubOptions): PubSub {
  const { publisher, subscriber, subscribeTimeoutMs } = checkRedisClients(options, LIBRARY);
  // One for all topics: the client, which may be left with a former one by a lost connection, knows it again.
  const onMessage: RedisListener = (message, channel) =>
    session.deliver(Buffer.from(channel).toString(), message);
  /** What the client takes for subscribed: it would not ask for that again. */
  const asked = new Set<string>();
  const session = new BrokerSession(
    {
      name: "The Redis server",
      canReceive: () => subscriber.isReady,
      canPublish: () => publisher.isReady,
      subscribe(topic) {
        forget(topic).catch(() => {});
        asked.add(topic);
        return subscriber.subscribe(topic, onMessage, true);
      },
      unsubscribe: forget,
      publish: (topic, bytes) => publisher.publish(topic, bytes),
    },
    subscribeTimeoutMs,
  );
  // Listening to errors is needed too: without a listener, one would end the process.
  const onEvent = () => session.connectionChanged();
  const clients = [publisher, subscriber];
  for (const client of clients) for (const event of EVENTS) client.on(event, onEvent);

  return session.pubSub(() => {
    for (const client of clients) for (const event of EVENTS) client.off(event, onEvent);
  });

  async function forget(topic: string): Promise<void> {
    if (asked.delete(topic)) await subscriber.unsubscribe(topic, onMessage, true);
  }
}

const LIBRARY = {
  what: "a client of node-redis",
  isOne: ({ isReady }: RedisPublisher | RedisSubscriber) => typeof isReady === "boolean",
  advice:
    'Pass { publisher, subscriber }, two clients that createClient of "redis" gave; for those of ioredis there is ioredisPubSub.',
};
