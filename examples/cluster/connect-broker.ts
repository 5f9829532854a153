import type { PubSub } from "../../src/index.ts";
import { natsPubSub } from "../../src/pubsub/nats.ts";
import { postgresPubSub } from "../../src/pubsub/postgres.ts";
import { redisPubSub } from "../../src/pubsub/redis.ts";
import { type BrokerAddress, describeBroker, type ExampleBroker } from "./address.ts";

/** A process's connection to its broker: a pub/sub over clients of its own. */
export interface BrokerConnection {
  readonly pubsub: PubSub;
  /** Closes the pub/sub, and then the clients, which the pub/sub leaves open. */
  close(): Promise<void>;
}

/** @throws {Error} that says what to do, if the broker cannot be reached. */
export async function connectBroker(address: BrokerAddress): Promise<BrokerConnection> {
  const { name, url } = address;
  try {
    return await connect[name](url);
  } catch (cause) {
    const reason = `Can't connect to ${describeBroker(address)}: ${reasonOf(cause)}.`;
    throw new Error(`${reason} Start it, or pass the address of a running one with --${name}.`, { cause });
  }
}

// Only the client of the broker that was named is loaded, so the others need not be installed.
const connect: Readonly<Record<ExampleBroker, (url: string) => Promise<BrokerConnection>>> = {
  async redis(url) {
    const { createClient } = await import("redis");
    let hasStarted = false;
    const publisher = createClient({
      url,
      socket: {
        connectTimeout: 5_000,
        // Exponential backoff with jitter, so that not all nodes of a cluster reconnect at the same moment. Before
        // the first connection the client does not retry.
        reconnectStrategy: (retries) =>
          hasStarted && Math.min(50 * 2 ** retries, 2_000) * (0.5 + Math.random() / 2),
      },
    });
    const subscriber = publisher.duplicate();
    const clients = [publisher, subscriber];
    for (const client of clients) client.on("error", () => {});
    await Promise.all(clients.map((client) => client.connect()));
    hasStarted = true;
    const pubsub = redisPubSub({ publisher, subscriber });
    return {
      pubsub,
      async close() {
        await pubsub.close();
        // A connected client sends its last messages first.
        await Promise.all(clients.map((client) => (client.isReady ? client.close() : client.destroy())));
      },
    };
  },

  async nats(url) {
    const transport = await import("@nats-io/transport-node");
    // Of an address, the client itself reads only host and port.
    const { host, protocol, username, password } = new URL(url);
    const connection = await transport.connect({
      servers: host,
      ...(username !== "" && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
      ...(protocol === "tls:" && { tls: {} }),
      timeout: 5_000,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
      // With the default, the client notices a hung server only after minutes.
      pingInterval: 3_000,
    });
    const pubsub = natsPubSub({ connection });
    return {
      pubsub,
      async close() {
        const wasConnected = isConnected(pubsub);
        await pubsub.close();
        // A connected client sends its last messages first.
        if (wasConnected) await connection.drain().catch(() => {});
        await connection.close();
      },
    };
  },

  async postgres(url) {
    const { Pool } = await import("pg");
    const pool = new Pool({ connectionString: url, connectionTimeoutMillis: 5_000 });
    pool.on("error", () => {});
    (await pool.connect()).release();
    const pubsub = postgresPubSub({ pool });
    return {
      pubsub,
      async close() {
        await pubsub.close();
        await pool.end();
      },
    };
  },
};

function isConnected(pubsub: PubSub): boolean {
  let current = false;
  const stop = pubsub.watchConnection?.((isConnected) => {
    current = isConnected;
  });
  stop?.();
  return current;
}

/** For a host with several addresses, Node throws an error without a message. It holds one error for each address. */
function reasonOf(cause: unknown): string {
  const { message, errors } = cause as AggregateError;
  return message.replace(/\.$/, "") || (errors ?? []).map(reasonOf).join(", ");
}
