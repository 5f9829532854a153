import { BrokerSession } from "./internal/broker-session.ts";
import { checkRedisClients } from "./internal/check-driver-options.ts";
import { redisEcho } from "./internal/redis-echo.ts";
import type { PubSub } from "./pubsub.ts";

/**
 * Options of `ioredisPubSub`.
 *
 * @example
 * const subscriber = publisher.duplicate({ autoResubscribe: false });
 * const options: IoredisPubSubOptions = { publisher, subscriber };
 */
export interface IoredisPubSubOptions {
  /** A client of ioredis. Your program may use it for other commands too. */
  readonly publisher: IoredisPublisher;
  /**
   * A second client, because a Redis connection that subscribes accepts few other commands. Make it with
   * `publisher.duplicate({ autoResubscribe: false })`: if ioredis itself subscribed again and the server refused, the
   * unhandled rejection would end the process. Give each pub/sub its own subscriber, because one that unsubscribes from
   * a topic would end the subscription of the other.
   */
  readonly subscriber: IoredisSubscriber;
  /**
   * How long `subscribe` waits for the server, in ms, before it rejects.
   * @defaultValue 10 000
   */
  readonly subscribeTimeoutMs?: number;
}

/**
 * The part of an ioredis client that publishes.
 *
 * @example
 * const publisher: IoredisPublisher = new Redis();
 */
export interface IoredisPublisher {
  /** Such as `"ready"`. */
  readonly status: string;
  publish(channel: string, message: Buffer): Promise<unknown>;
  connect(): Promise<unknown>;
  on(event: string, listener: (error?: Error) => void): unknown;
  off(event: string, listener: (error?: Error) => void): unknown;
}

/**
 * The part of an ioredis client that subscribes.
 *
 * @example
 * const subscriber: IoredisSubscriber = publisher.duplicate({ autoResubscribe: false });
 */
export interface IoredisSubscriber {
  /** Such as `"ready"`. */
  readonly status: string;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  connect(): Promise<unknown>;
  on(event: string, listener: (channel: Uint8Array, message: Uint8Array) => void): unknown;
  off(event: string, listener: (channel: Uint8Array, message: Uint8Array) => void): unknown;
}

/**
 * A pub/sub over Redis, or a server that speaks its protocol, with `ioredis`. For node-redis use `redisPubSub`.
 *
 * @throws {InvalidArgumentError} for a value that is not a client of ioredis, or for the same client twice; it is a
 * `TypeError`.
 * @example
 * const publisher = new Redis("redis://localhost");
 * const subscriber = publisher.duplicate({ autoResubscribe: false });
 * const tracker = await createTracker({ pubsub: ioredisPubSub({ publisher, subscriber }) });
 */
export function ioredisPubSub(options: IoredisPubSubOptions): PubSub {
  const { publisher, subscriber, subscribeTimeoutMs } = checkRedisClients(options, LIBRARY);
  const clients = [publisher, subscriber];
  let lastFailure: unknown;
  const session = new BrokerSession(
    {
      name: "The Redis server",
      canReceive: () => subscriber.status === "ready",
      canPublish: () => publisher.status === "ready",
      subscribe: (topic) => subscriber.subscribe(topic),
      unsubscribe: (topic) => subscriber.unsubscribe(topic),
      publish: (topic, bytes) => publisher.publish(topic, bytes),
      wake() {
        // With `lazyConnect` a client waits for its first command, and the driver gives a disconnected client none.
        for (const client of clients) if (client.status === "wait") client.connect().catch(onEvent);
      },
      lastFailure: () => lastFailure,
      echo: redisEcho,
    },
    subscribeTimeoutMs,
  );
  const onMessage = (channel: Uint8Array, message: Uint8Array) =>
    session.deliver(Buffer.from(channel).toString(), message);
  // This also listens to `error`: without a listener, ioredis would write each error to the console.
  const onEvent = (error?: unknown) => {
    // `reconnecting` comes with a number.
    if (error instanceof Error) lastFailure = error;
    session.connectionChanged();
  };
  for (const client of clients) for (const event of EVENTS) client.on(event, onEvent);
  subscriber.on("messageBuffer", onMessage);

  return session.pubSub(() => {
    for (const client of clients) for (const event of EVENTS) client.off(event, onEvent);
    subscriber.off("messageBuffer", onMessage);
  });
}

/** The events after which a client may have connected or disconnected. */
const EVENTS = ["ready", "close", "reconnecting", "end", "error"];

const LIBRARY = {
  what: "a client of ioredis",
  isClient: ({ status }: IoredisPublisher | IoredisSubscriber) => typeof status === "string",
  advice: () =>
    'Pass { publisher, subscriber }, two clients of "ioredis". For clients of node-redis use redisPubSub.',
};
