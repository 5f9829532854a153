import type { EventEmitter } from "node:events";
import { connect } from "@nats-io/transport-node";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { createClient } from "redis";
import { ioredisPubSub } from "../../src/pubsub/ioredis.ts";
import { natsPubSub } from "../../src/pubsub/nats.ts";
import { postgresPubSub } from "../../src/pubsub/postgres.ts";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { redisPubSub } from "../../src/pubsub/redis.ts";
import { type BrokerName, postgresUrl } from "./recipes.ts";

/** A connection to a broker: a pub/sub with its own clients. */
export interface DriverConnection {
  readonly pubsub: PubSub;
  /** Rejects unless the clients still work for their user. */
  readonly ping: () => Promise<unknown>;
  /** Closes the clients under the pub/sub, as clients do themselves when they give up. A pool never gives up. */
  readonly giveUp?: () => Promise<unknown>;
  /** How many listeners the pub/sub has added to the clients. A NATS connection has no listeners. */
  readonly listeners?: () => number;
  /** Closes the pub/sub, then its clients. */
  readonly close: () => Promise<void>;
}

export interface ConnectOptions {
  readonly subscribeTimeoutMs?: number;
  /** The user to connect as, for Redis and NATS. */
  readonly user?: { readonly name: string; readonly password: string };
  /** The port of the subscribing client of Redis, if it differs from the port of the publishing one. */
  readonly subscriberPort?: number;
}

export interface DriverUnderTest {
  readonly broker: BrokerName;
  readonly connect: (port: number, options?: ConnectOptions) => Promise<DriverConnection>;
}

export type DriverName = "redis" | "ioredis" | "nats" | "postgres";

/** The clients have no `error` listeners of their own, so the tests fail unless the drivers add some. */
export const drivers: Readonly<Record<DriverName, DriverUnderTest>> = {
  redis: {
    broker: "redis",
    async connect(port, { user, subscriberPort = port, ...options } = {}) {
      const socket = { host: "127.0.0.1", port, reconnectStrategy: 50 };
      const account = user && { username: user.name, password: user.password };
      const publisher = createClient({ socket, ...account });
      const subscriber = createClient({ socket: { ...socket, port: subscriberPort }, ...account });
      await Promise.all([publisher.connect(), subscriber.connect()]);
      const listeners = countAddedListeners(publisher, subscriber);
      const pubsub = redisPubSub({ publisher, subscriber, ...options });
      return {
        pubsub,
        ping: () => Promise.all([publisher.ping(), subscriber.ping()]),
        listeners,
        giveUp: async () => [publisher, subscriber].map((client) => client.destroy()),
        async close() {
          await pubsub.close();
          for (const client of [publisher, subscriber]) {
            client.on("error", () => {});
            if (client.isOpen) client.destroy();
          }
        },
      };
    },
  },

  ioredis: {
    broker: "redis",
    async connect(port, { user, subscriberPort = port, ...options } = {}) {
      const publisher = new Redis({
        ...{ host: "127.0.0.1", port, retryStrategy: () => 50, lazyConnect: true },
        ...(user && { username: user.name, password: user.password }),
      });
      const subscriber = publisher.duplicate({ port: subscriberPort, autoResubscribe: false });
      const listeners = countAddedListeners(publisher, subscriber);
      const pubsub = ioredisPubSub({ publisher, subscriber, ...options });
      await Promise.all([publisher.connect(), subscriber.connect()]);
      return {
        pubsub,
        ping: () => Promise.all([publisher.ping(), subscriber.ping()]),
        listeners,
        giveUp: async () => [publisher, subscriber].map((client) => client.disconnect()),
        async close() {
          await pubsub.close();
          publisher.disconnect();
          subscriber.disconnect();
        },
      };
    },
  },

  nats: {
    broker: "nats",
    async connect(port, { user, ...options } = {}) {
      const connection = await connect({
        servers: `127.0.0.1:${port}`,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 50,
        ...(user && { user: user.name, pass: user.password }),
      });
      const pubsub = natsPubSub({ connection, ...options });
      return {
        pubsub,
        ping: () => connection.flush(),
        giveUp: () => connection.close(),
        async close() {
          await pubsub.close();
          await connection.close();
        },
      };
    },
  },

  postgres: {
    broker: "postgres",
    async connect(port, options) {
      const pool = new Pool({ connectionString: postgresUrl(port), connectionTimeoutMillis: 5_000 });
      const listeners = countAddedListeners(pool);
      const pubsub = postgresPubSub({ pool, ...options });
      return {
        pubsub,
        ping: () => pool.query("SELECT 1"),
        listeners,
        async close() {
          await pubsub.close();
          await pool.end();
        },
      };
    },
  },
};

/** Returns a function that counts the listeners added since this call. */
function countAddedListeners(...clients: readonly EventEmitter[]): () => number {
  const count = () =>
    clients
      .flatMap((client) => client.eventNames().map((name) => client.listenerCount(name)))
      .reduce((sum, each) => sum + each, 0);
  const before = count();
  return () => count() - before;
}
