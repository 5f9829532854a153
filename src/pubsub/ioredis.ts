import { BrokerSession } from "./internal/broker-session.ts";
import { checkRedisClients } from "./internal/check-driver-options.ts";
import type { PubSub } from "./pubsub.ts";

/**
 * The part of an ioredis client that publishes.
 *
 * @example
 * const publisher: IoredisPublisher = new Redis();
 */
export interface IoredisPublisher {
  /** As in `"ready"`. */
  readonly status: string;
  publish(channel: string, message: Buffer): Promise<unknown>;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/**
 * The part of an ioredis client that subscribes.
 *
 * @example
 * const subscriber: IoredisSubscriber = publisher.duplicate({ autoResubscribe: false });
 */
export interface IoredisSubscriber {
  /** As in `"ready"`. */
  readonly status: string;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  on(event: string, listener: (channel: Uint8Array, message: Uint8Array) => void): unknown;
  off(event: string, listener: (channel: Uint8Array, message: Uint8Array) => void): unknown;
}

/**
 * What `ioredisPubSub` is made with.
 *
 * @example
 * const subscriber = publisher.duplicate({ autoResubscribe: false });
 * const options: IoredisPubSubOptions = { publisher, subscriber };
 */
export interface IoredisPubSubOptions {
  /** It may serve others too. */
  readonly publisher: IoredisPublisher;
  /**
   * Another client, as a connection that subscribes can do little else: `publisher.duplicate({ autoResubscribe: false })`.
   * ioredis' own attempt to subscribe again would end the process, unhandled, where the server refuses it. No other pub/sub
   * may use it: what one unsubscribes, the other would lose.
   */
  readonly subscriber: IoredisSubscriber;
  /**
   * How long `subscribe` waits for the server, in ms, before it rejects.
   * @defaultValue 10 000
   */
  readonly subscribeTimeoutMs?: number;
}

/** After any of these a client may be in another state. */
const EVENTS = ["ready", "close", "reconnecting", "end", "error"];

/**
 * Over Redis, or what speaks its protocol, with `ioredis`. For node-redis there is `redisPubSub`.
 *
 * @throws {InvalidArgumentError} for what is no client of ioredis, or one client in place of two; it is a `TypeError`.
 * @example
 * const publisher = new Redis("redis://localhost");
 * const subscriber = publisher.duplicate({ autoResubscribe: false });
 * const tracker = await createTracker({ pubsub: ioredisPubSub({ publisher, subscriber }) });
 */
export function ioredisPubSub(options: IoredisPubSubOptions): PubSub {
  const { publisher, subscriber, subscribeTimeoutMs } = checkRedisClients(options, LIBRARY);
  const session = new BrokerSession(
    {
      name: "The Redis server",
      canReceive: () => subscriber.status === "ready",
      canPublish: () => publisher.status === "ready",
      subscribe: (topic) => subscriber.subscribe(topic),
      unsubscribe: (topic) => subscriber.unsubscribe(topic),
      publish: (topic, bytes) => publisher.publish(topic, bytes),
    },
    subscribeTimeoutMs,
  );
  const onMessage = (channel: Uint8Array, message: Uint8Array) =>
    session.deliver(Buffer.from(channel).toString(), message);
  // Listening to errors is needed too: without a listener, each would be written to the console.
  const onEvent = () => session.connectionChanged();
  const clients = [publisher, subscriber];
  for (const client of clients) for (const event of EVENTS) client.on(event, onEvent);
  subscriber.on("messageBuffer", onMessage);

  return session.pubSub(() => {
    for (const client of clients) for (const event of EVENTS) client.off(event, onEvent);
    subscriber.off("messageBuffer", onMessage);
  });
}

const LIBRARY = {
  what: "a client of ioredis",
  isOne: ({ status }: IoredisPublisher | IoredisSubscriber) => typeof status === "string",
  advice:
    'Pass { publisher, subscriber }, two clients of "ioredis"; for those of node-redis there is redisPubSub.',
};
