import type { PubSub } from "../../src/index.ts";
import { natsPubSub } from "../../src/pubsub/nats.ts";
import { postgresPubSub } from "../../src/pubsub/postgres.ts";
import { redisPubSub } from "../../src/pubsub/redis.ts";
import { type BrokerAddress, described, type ExampleBroker } from "./address.ts";

/** What a process has of its broker: a pub/sub over clients of its own. */
export interface BrokerConnection {
  readonly pubsub: PubSub;
  /** Closes the pub/sub, then the clients, which it leaves open. */
  close(): Promise<void>;
}

/** @throws {Error} that says what to do, where it is away. */
export async function connectBroker(address: BrokerAddress): Promise<BrokerConnection> {
  const { name, url } = address;
  try {
    return await connect[name](url);
  } catch (cause) {
    const reason = `Can't connect to ${described(address)}: ${reasonOf(cause)}.`;
    throw new Error(`${reason} Start it, or name one that runs with --${name}.`, { cause });
  }
}

// The clients are loaded by those who name their broker, and missed by nobody else.
const connect: Readonly<Record<ExampleBroker, (url: string) => Promise<BrokerConnection>>> = {
  async redis(url) {
    const { createClient } = await import("redis");
    let hasStarted = false;
    const publisher = createClient({
      url,
      socket: {
        connectTimeout: 5_000,
        // Once it was there it will be again. By chance, so that not all nodes of a cluster come at the same moment.
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
        // One that is connected sends its last words first.
        await Promise.all(clients.map((client) => (client.isReady ? client.close() : client.destroy())));
      },
    };
  },

  async nats(url) {
    const transport = await import("@nats-io/transport-node");
    // The client reads no more of an address than where it is.
    const { host, protocol, username, password } = new URL(url);
    const connection = await transport.connect({
      servers: host,
      ...(username !== "" && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
      ...(protocol === "tls:" && { tls: {} }),
      timeout: 5_000,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
      // By default it takes minutes until a server that hangs is noticed.
      pingInterval: 3_000,
    });
    const pubsub = natsPubSub({ connection });
    return {
      pubsub,
      async close() {
        const isConnected = connects(pubsub);
        await pubsub.close();
        // One that is connected sends its last words first.
        if (isConnected) await connection.drain().catch(() => {});
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

function connects(pubsub: PubSub): boolean {
  let answer = false;
  pubsub.watchConnection?.((is) => {
    answer = is;
  })();
  return answer;
}

/** Of a name with several addresses Node tells one error that holds theirs, and says nothing itself. */
function reasonOf(cause: unknown): string {
  const { message, errors } = cause as AggregateError;
  return message.replace(/\.$/, "") || (errors ?? []).map(reasonOf).join(", ");
}
