import { BrokerSession } from "./internal/broker-session.ts";
import { checkRedisClients } from "./internal/check-driver-options.ts";
import { redisEcho } from "./internal/redis-echo.ts";
import type { PubSub } from "./pubsub.ts";

/**
 * Options of `redisPubSub`.
 *
 * @example
 * const options: RedisPubSubOptions = { publisher, subscriber: await publisher.duplicate().connect() };
 */
export interface RedisPubSubOptions {
  /** A connected client of node-redis. Your program may use it for other commands too. */
  readonly publisher: RedisPublisher;
  /**
   * A second client, such as `publisher.duplicate()`, because a Redis connection that subscribes accepts few other
   * commands.
   */
  readonly subscriber: RedisSubscriber;
  /**
   * How long `subscribe` waits for the server, in ms, before it rejects.
   * @defaultValue 10 000
   */
  readonly subscribeTimeoutMs?: number;
}

/**
 * The part of a node-redis client that publishes. `createClient` of `redis` or `@redis/client` returns such a client.
 *
 * @example
 * const publisher: RedisPublisher = await createClient().connect();
 */
export interface RedisPublisher {
  readonly isOpen: boolean;
  /** The clients for a cluster have it from version 6 on. */
  readonly isReady: boolean;
  publish(channel: string, message: Buffer): Promise<unknown>;
  connect(): Promise<unknown>;
  on(event: string, listener: (error?: Error) => void): unknown;
  off(event: string, listener: (error?: Error) => void): unknown;
}

/**
 * The part of a node-redis client that subscribes.
 *
 * @example
 * const subscriber: RedisSubscriber = await publisher.duplicate().connect();
 */
export interface RedisSubscriber {
  readonly isOpen: boolean;
  /** The clients for a cluster have it from version 6 on. */
  readonly isReady: boolean;
  /** The node of a cluster that sends the messages. */
  readonly pubSubNode?: { readonly client: { readonly isReady: boolean } } | undefined;
  subscribe(channel: string, listener: RedisListener, bufferMode: true): Promise<unknown>;
  unsubscribe(
    channel: string,
    // The client for a cluster does not tell the listeners of text and of bytes apart here.
    listener: (message: unknown, channel: unknown) => void,
    bufferMode: true,
  ): Promise<unknown>;
  connect(): Promise<unknown>;
  on(event: string, listener: (error?: Error) => void): unknown;
  off(event: string, listener: (error?: Error) => void): unknown;
}

/**
 * The listener that node-redis calls for each message.
 *
 * @example
 * const listener: RedisListener = (message, channel) => console.log(channel.length, message.length);
 */
export type RedisListener = (message: Uint8Array, channel: Uint8Array) => void;

/**
 * A pub/sub over Redis, or a server that speaks its protocol, with node-redis (`redis`). For ioredis use
 * `ioredisPubSub`.
 *
 * @throws {InvalidArgumentError} for a value that is not a client of node-redis, or for the same client twice; it is a
 * `TypeError`.
 * @example
 * const publisher = await createClient({ url: "redis://localhost" }).connect();
 * const subscriber = await publisher.duplicate().connect();
 * const tracker = await createTracker({ pubsub: redisPubSub({ publisher, subscriber }) });
 */
export function redisPubSub(options: RedisPubSubOptions): PubSub {
  const { publisher, subscriber, subscribeTimeoutMs } = checkRedisClients(options, LIBRARY);
  // One listener for all topics and connections: after a lost connection the client still knows it, so a repeated
  // `subscribe` does not deliver messages twice.
  const onMessage = (message: unknown, channel: unknown): void =>
    session.deliver(Buffer.from(channel as Uint8Array).toString(), message as Uint8Array);
  const clients = [publisher, subscriber];
  /** Clients whose `connect` was not called yet. One that is closed later stays closed: its owner has closed it. */
  const neverOpened = clients.filter(({ isOpen }) => isOpen === false);
  const isCluster = "pubSubNode" in subscriber;
  let lastFailure: unknown;
  let markReady: () => void = () => {};
  let firstReady = subscriber.isReady
    ? undefined
    : new Promise<void>((resolve) => {
        markReady = () => {
          firstReady = undefined;
          resolve();
        };
      });
  /** The topics that the client considers subscribed. It would not send SUBSCRIBE for them again. */
  const subscribedTopics = new Set<string>();
  const session = new BrokerSession(
    {
      name: "The Redis server",
      // A client for a cluster is ready while the node that holds the subscriptions is away.
      canReceive: () => subscriber.isReady && (subscriber.pubSubNode?.client.isReady ?? true),
      canPublish: () => publisher.isReady,
      async subscribe(topic) {
        // A client for a cluster that has no connection for subscriptions would send the UNSUBSCRIBE last. It moves its
        // subscriptions to another node by itself.
        if (!isCluster) unsubscribe(topic).catch(() => {});
        subscribedTopics.add(topic);
        // Clients for a cluster or a sentinel refuse a subscription before they are connected for the first time.
        if (firstReady !== undefined) await firstReady;
        if (subscribedTopics.has(topic)) await subscriber.subscribe(topic, onMessage, true);
      },
      unsubscribe,
      publish: (topic, bytes) => publisher.publish(topic, bytes),
      wake() {
        for (const client of neverOpened.splice(0)) {
          if (client.isOpen) continue;
          // A client that could not connect at all gives the reason when it is used.
          const settled = () => client === subscriber && markReady();
          client.connect().catch(onEvent).then(settled);
        }
      },
      lastFailure: () => lastFailure,
      echo: redisEcho,
    },
    subscribeTimeoutMs,
  );
  // This also listens to `error`: without a listener, an error would end the process.
  const onEvent = (error?: unknown) => {
    if (error instanceof Error) lastFailure = error;
    if (subscriber.isReady) markReady();
    session.connectionChanged();
  };
  for (const client of clients) for (const event of EVENTS) client.on(event, onEvent);

  return session.pubSub(() => {
    for (const client of clients) for (const event of EVENTS) client.off(event, onEvent);
  });

  async function unsubscribe(topic: string): Promise<void> {
    if (subscribedTopics.delete(topic)) await subscriber.unsubscribe(topic, onMessage, true);
  }
}

/** The events after which a client, or a node of a cluster, may have connected or disconnected. */
const EVENTS = [
  ...["connect", "ready", "reconnecting", "end", "terminated", "error"],
  ...["node-ready", "node-reconnecting", "node-disconnect", "node-error"],
];

/** Up to version 4, a client in legacy mode takes callbacks, returns nothing, and has the methods of any client. */
function isLegacy(client: object): boolean {
  const { options } = client as { readonly options?: { readonly legacyMode?: unknown } };
  return options?.legacyMode === true;
}

const LIBRARY = {
  what: "a client of node-redis",
  isClient: (client: RedisPublisher | RedisSubscriber) =>
    typeof client.isReady === "boolean" && !isLegacy(client),
  advice: (client: unknown) => {
    // Up to version 5, nothing shows that the node which holds the subscriptions is gone.
    if (isOldCluster(client))
      return "createCluster works from version 6 of redis on: upgrade it, or use ioredisPubSub with a Cluster of ioredis.";
    return (
      'Pass { publisher, subscriber }, two clients from createClient, createCluster or createSentinel of "redis". Its ' +
      "legacy mode does not work: pass the client itself instead of client.legacy(), and create it without legacyMode. " +
      "For clients of ioredis use ioredisPubSub."
    );
  },
};

/** Up to version 5, a client for a cluster knows that it is open, but not whether it is ready. */
function isOldCluster(client: unknown): boolean {
  const { isOpen, isReady } = (client ?? {}) as { readonly isOpen?: unknown; readonly isReady?: unknown };
  return typeof isOpen === "boolean" && isReady === undefined;
}
