import type { PubSub } from "../../src/index.ts";
import { natsPubSub } from "../../src/pubsub/nats.ts";
import { postgresPubSub } from "../../src/pubsub/postgres.ts";
import { redisPubSub } from "../../src/pubsub/redis.ts";
import { type BrokerAddress, type BrokerName, withoutPassword } from "./address.ts";

/** What a process has of its broker: a pub/sub over clients of its own. */
export interface Line {
  readonly pubsub: PubSub;
  /** Closes the pub/sub, then the clients, which it leaves open. */
  end(): Promise<void>;
}

/**
 * Connects to a broker, and says on the console when it goes away and when it is back.
 *
 * @throws {Error} that says what to do, where there is none.
 */
export async function connectBroker({ name, url }: BrokerAddress): Promise<Line> {
  const broker = `${name} at ${withoutPassword(url)}`;
  try {
    const line = await connect[name](url);
    tellOutages(line.pubsub, broker);
    return line;
  } catch (cause) {
    throw new Error(
      `Can't connect to ${broker}: ${reasonOf(cause)}. Start it, or name one that runs with --${name}.`,
      { cause },
    );
  }
}

/** How long a broker may be silent before it counts as away, in ms, also where its connections stay open. */
const silenceMs = 10_000;

// The clients are loaded by those who name their broker, and missed by nobody else.
const connect: Readonly<Record<BrokerName, (url: string) => Promise<Line>>> = {
  async redis(url) {
    const { createClient } = await import("redis");
    let hasStarted = false;
    const publisher = createClient({
      url,
      pingInterval: silenceMs / 4,
      socket: {
        connectTimeout: 5_000,
        socketTimeout: silenceMs,
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
      async end() {
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
      pingInterval: silenceMs / 3,
    });
    const pubsub = natsPubSub({ connection });
    return {
      pubsub,
      async end() {
        const isConnected = connects(pubsub);
        await pubsub.close();
        await (isConnected ? connection.drain() : connection.close());
      },
    };
  },

  async postgres(url) {
    const { Pool } = await import("pg");
    const pool = new Pool({ connectionString: url, connectionTimeoutMillis: 5_000 });
    pool.on("error", () => {});
    (await pool.connect()).release();
    const pubsub = postgresPubSub({ pool, subscribeTimeoutMs: silenceMs });
    return {
      pubsub,
      async end() {
        await pubsub.close();
        await pool.end();
      },
    };
  },
};

/** Once each: the clients try again many times a minute. */
function tellOutages(pubsub: PubSub, broker: string): void {
  let was = true;
  pubsub.watchConnection?.((is) => {
    if (is === was) return;
    was = is;
    if (is) console.log(`${broker} is back; the numbers are of all nodes again`);
    else
      console.warn(`${broker} is away; this node goes on with what it knows, and catches up when it is back`);
  });
}

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
  return message || (errors ?? []).map(reasonOf).join(", ");
}
