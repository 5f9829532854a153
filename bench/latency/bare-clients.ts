import cluster from "node:cluster";
import { BroadcastChannel } from "node:worker_threads";
import { connect } from "@nats-io/transport-node";
import { Redis } from "ioredis";
import { Client, Pool } from "pg";
import { createClient } from "redis";
import { postgresUrl } from "../../scripts/brokers/recipes.ts";
import type { TransportName } from "./transports.ts";

/** A client of the transport without rollcall: the baseline for the latency. */
export interface BareClient {
  readonly publish: (bytes: Buffer) => unknown;
  readonly listen: (listener: (bytes: Uint8Array) => void) => unknown;
}

const CHANNEL = "bare";

/** Connects a bare client on its own connections. They stay open until the process ends. */
export const connectBareClient: Readonly<
  Record<TransportName, (port: number) => BareClient | Promise<BareClient>>
> = {
  async redis(port) {
    const publisher = createClient({ socket: { host: "127.0.0.1", port } });
    const subscriber = publisher.duplicate();
    await Promise.all([publisher.connect(), subscriber.connect()]);
    return {
      publish: (bytes) => publisher.publish(CHANNEL, bytes),
      listen: (listener) => subscriber.subscribe(CHANNEL, listener, true),
    };
  },

  async ioredis(port) {
    const publisher = new Redis({ host: "127.0.0.1", port, lazyConnect: true });
    const subscriber = publisher.duplicate();
    await Promise.all([publisher.connect(), subscriber.connect()]);
    return {
      publish: (bytes) => publisher.publish(CHANNEL, bytes),
      listen(listener) {
        subscriber.on("messageBuffer", (_: Buffer, bytes: Buffer) => listener(bytes));
        return subscriber.subscribe(CHANNEL);
      },
    };
  },

  async nats(port) {
    const connection = await connect({ servers: `127.0.0.1:${port}` });
    return {
      publish: (bytes) => connection.publish(CHANNEL, bytes),
      listen(listener) {
        connection.subscribe(CHANNEL, { callback: (_, { data }) => listener(data) });
        return connection.flush();
      },
    };
  },

  async postgres(port) {
    const connectionString = postgresUrl(port);
    // With one connection, the notifications keep their order.
    const pool = new Pool({ connectionString, max: 1 });
    const client = new Client({ connectionString });
    await client.connect();
    return {
      publish: (bytes) => pool.query("SELECT pg_notify($1, $2)", [CHANNEL, bytes.toString("base64")]),
      listen(listener) {
        client.on("notification", ({ payload = "" }) => listener(Buffer.from(payload, "base64")));
        return client.query(`LISTEN ${CHANNEL}`);
      },
    };
  },

  cluster: () => ({
    publish: (bytes) => process.send!({ bare: bytes.toString("base64") }),
    listen: (listener) =>
      process.on("message", (message: object) => {
        if (isBare(message)) listener(Buffer.from(message.bare, "base64"));
      }),
  }),

  broadcastChannel() {
    const channel = new BroadcastChannel(CHANNEL);
    return {
      publish: (bytes) => channel.postMessage(bytes),
      listen(listener) {
        channel.onmessage = (event) => listener((event as { readonly data: Uint8Array }).data);
      },
    };
  },
};

/** Relays messages in the primary of node:cluster, because its workers cannot reach each other directly. */
export function relayBare(): void {
  cluster.on("message", (sender, message: object) => {
    if (!isBare(message)) return;
    for (const worker of Object.values(cluster.workers!)) if (worker !== sender) worker!.send(message);
  });
}

function isBare(message: object): message is { readonly bare: string } {
  return "bare" in message;
}
