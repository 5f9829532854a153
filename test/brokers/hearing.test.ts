import { connect } from "@nats-io/transport-node";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BrokerServer, startBroker } from "../../scripts/brokers/broker-server.ts";
import { brokerRecipes, isInstalled, postgresUrl } from "../../scripts/brokers/recipes.ts";
import { ioredisPubSub } from "../../src/pubsub/ioredis.ts";
import { natsPubSub } from "../../src/pubsub/nats.ts";
import { postgresPubSub } from "../../src/pubsub/postgres.ts";
import { redisPubSub } from "../../src/pubsub/redis.ts";
import { redisCommand } from "./support/redis-command.ts";
import { fastTracker, waitForCount } from "./support/trackers.ts";

// A driver proves at creation that it hears what it publishes. Each test has one way in which it does not.

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Nothing listens on this port. */
const UNUSED_PORT = 1;

const MUTE =
  /^The Redis server accepts our messages but does not send them back: .* within 500 ms\..*Connect the publisher and the subscriber to the same Redis server/;

describe.skipIf(!isInstalled("redis"))("over Redis", () => {
  let server: BrokerServer;
  let other: BrokerServer;

  beforeAll(async () => {
    [server, other] = await Promise.all([startBroker(brokerRecipes.redis), startBroker(brokerRecipes.redis)]);
  });

  afterAll(() => Promise.all([server.remove(), other.remove()]));

  function nodeRedis(port: number, options: object = {}) {
    const client = createClient({ socket: { host: "127.0.0.1", port, reconnectStrategy: 50 }, ...options });
    closers.push(() => client.isOpen && client.destroy());
    return client;
  }

  function io(port: number, options: object = {}) {
    const client = new Redis({
      host: "127.0.0.1",
      port,
      autoResubscribe: false,
      retryStrategy: () => 50,
      ...options,
    });
    closers.push(() => client.disconnect());
    return client;
  }

  it("redisPubSub rejects when the publisher is on another server than the subscriber", async () => {
    const [publisher, subscriber] = [nodeRedis(server.port), nodeRedis(other.port)];
    await Promise.all([publisher.connect(), subscriber.connect()]);
    const pubsub = redisPubSub({ publisher, subscriber, subscribeTimeoutMs: 500 });
    await expect(fastTracker(pubsub)).rejects.toMatchObject({
      code: "TRANSPORT",
      message: expect.stringMatching(MUTE),
    });
  });

  it("ioredisPubSub rejects when the publisher is on another server than the subscriber", async () => {
    const [publisher, subscriber] = [io(server.port), io(other.port)];
    const pubsub = ioredisPubSub({ publisher, subscriber, subscribeTimeoutMs: 500 });
    await expect(fastTracker(pubsub)).rejects.toMatchObject({
      code: "TRANSPORT",
      message: expect.stringMatching(MUTE),
    });
  });

  it("redisPubSub connects clients that are not connected yet, to any database", async () => {
    const [publisher, subscriber] = [nodeRedis(server.port, { database: 1 }), nodeRedis(server.port)];
    const pubsub = redisPubSub({ publisher, subscriber });
    await roundTrip(() => fastTracker(pubsub));
  });

  it("ioredisPubSub connects lazy clients, to any database", async () => {
    const lazy = { lazyConnect: true };
    const [publisher, subscriber] = [io(server.port, { ...lazy, db: 1 }), io(server.port, lazy)];
    const pubsub = ioredisPubSub({ publisher, subscriber });
    await roundTrip(() => fastTracker(pubsub));
  });

  it("redisPubSub rejects with the reason when a client that it connects can't connect", async () => {
    const [publisher, subscriber] = [nodeRedis(UNUSED_PORT), nodeRedis(server.port)];
    const withPublisher = redisPubSub({ publisher, subscriber, subscribeTimeoutMs: 500 });
    await expect(fastTracker(withPublisher)).rejects.toThrow(
      /^The Redis server can't get our messages: for 500 ms its publishing client was not connected \(connect ECONNREFUSED 127\.0\.0\.1:1\)\. Connect it, and check that the server is reachable\.$/,
    );
    const [talker, listener] = [nodeRedis(server.port), nodeRedis(UNUSED_PORT)];
    const withSubscriber = redisPubSub({ publisher: talker, subscriber: listener, subscribeTimeoutMs: 500 });
    await expect(fastTracker(withSubscriber)).rejects.toThrow(
      /^The Redis server did not subscribe to rollcall:all: it did not answer within 500 ms\. Its client is not connected: connect it.* Its last error was: connect ECONNREFUSED 127\.0\.0\.1:1\.$/,
    );
  });

  it("ioredisPubSub rejects with the reason when a lazy client can't connect", async () => {
    const lazy = { lazyConnect: true, maxRetriesPerRequest: null };
    const [publisher, subscriber] = [io(UNUSED_PORT, lazy), io(server.port, lazy)];
    const withPublisher = ioredisPubSub({ publisher, subscriber, subscribeTimeoutMs: 500 });
    await expect(fastTracker(withPublisher)).rejects.toThrow(
      /its publishing client was not connected \(connect ECONNREFUSED/,
    );
    const [talker, listener] = [io(server.port, lazy), io(UNUSED_PORT, lazy)];
    const withSubscriber = ioredisPubSub({
      publisher: talker,
      subscriber: listener,
      subscribeTimeoutMs: 500,
    });
    await expect(fastTracker(withSubscriber)).rejects.toThrow(
      /Its last error was: connect ECONNREFUSED 127\.0\.0\.1:1\.$/,
    );
  });

  it("rejects with both addresses when localhost refuses on each", async () => {
    const reserved = createClient({
      socket: { host: "localhost", port: UNUSED_PORT, reconnectStrategy: 50 },
    });
    closers.push(() => reserved.isOpen && reserved.destroy());
    const pubsub = redisPubSub({
      publisher: nodeRedis(server.port),
      subscriber: reserved,
      subscribeTimeoutMs: 500,
    });
    await expect(fastTracker(pubsub)).rejects.toThrow(
      /last error was: connect ECONNREFUSED .*:1(; connect|\.)/,
    );
  });

  it("does not open a client that its owner has closed", async () => {
    const [publisher, subscriber] = [nodeRedis(server.port), nodeRedis(server.port)];
    await Promise.all([publisher.connect(), subscriber.connect()]);
    const pubsub = redisPubSub({ publisher, subscriber, subscribeTimeoutMs: 200 });
    publisher.destroy();
    await expect(fastTracker(pubsub)).rejects.toThrow(/publishing client was not connected/);
    expect(publisher.isOpen).toBe(false);
  });

  it("refuses the legacy client of node-redis, and says what to pass", async () => {
    const [publisher, subscriber] = [nodeRedis(server.port), nodeRedis(server.port)];
    const legacy = publisher.legacy() as unknown as typeof publisher;
    expect(() => redisPubSub({ publisher: legacy, subscriber })).toThrow(/legacy/);
    expect(() => redisPubSub({ publisher, subscriber: legacy })).toThrow(/legacy/);
    // Version 4 has an option instead, and such a client has all methods.
    const version4 = new Proxy(publisher, {
      get: (client, name) => (name === "options" ? { legacyMode: true } : Reflect.get(client, name, client)),
    });
    expect(() => redisPubSub({ publisher: version4, subscriber })).toThrow(/create it without legacyMode/);
  });

  it("uses only topics with the prefix of the cluster's, and leaves none behind", async () => {
    await redisCommand(server, "ACL SETUSER guest on >secret ~* resetchannels &rollcall:* +@all");
    const user = { username: "guest", password: "secret" };
    const [publisher, subscriber] = [nodeRedis(server.port, user), nodeRedis(server.port, user)];
    const monitor = nodeRedis(server.port);
    await monitor.connect();
    const published: string[] = [];
    await monitor.pSubscribe("*", (_, channel) => void published.push(channel));
    const pubsub = redisPubSub({ publisher, subscriber });
    const tracker = await fastTracker(pubsub);
    const channels = (await redisCommand(server, "PUBSUB CHANNELS *")) as string[];
    expect(channels).toHaveLength(2);
    expect(published.filter((channel) => !/^rollcall:[\w-]{3,12}$/.test(channel))).toEqual([]);
    expect(await redisCommand(server, "ACL LOG")).toEqual([]);
    await tracker.close();
  });
});

describe.skipIf(!isInstalled("nats"))("over NATS", () => {
  let server: BrokerServer;

  beforeAll(async () => {
    server = await startBroker(brokerRecipes.nats);
  });

  afterAll(() => server.remove());

  it("natsPubSub rejects when the connection was made with noEcho", async () => {
    const connection = await connect({ servers: `127.0.0.1:${server.port}`, noEcho: true });
    closers.push(() => connection.close());
    const pubsub = natsPubSub({ connection, subscribeTimeoutMs: 500 });
    await expect(fastTracker(pubsub)).rejects.toMatchObject({
      code: "TRANSPORT",
      message: expect.stringMatching(
        /^The NATS server accepts our messages but does not send them back: .*noEcho/,
      ),
    });
  });
});

describe.skipIf(!isInstalled("postgres"))("over PostgreSQL", () => {
  let server: BrokerServer;

  beforeAll(async () => {
    server = await startBroker(brokerRecipes.postgres);
  });

  afterAll(() => server.remove());

  it("postgresPubSub works with a pool of one connection, and closes the second one that it needs", async () => {
    const pool = new Pool({ connectionString: postgresUrl(server.port), max: 1 });
    closers.push(() => pool.end());
    const pubsub = postgresPubSub({ pool });
    closers.push(() => pubsub.close());
    await roundTrip(() => fastTracker(pubsub));
    expect(pool.totalCount).toBe(1);
  });

  it("postgresPubSub rejects with advice when the pool gives no second connection", async () => {
    const pool = new Pool({ connectionString: postgresUrl(server.port), max: 2 });
    closers.push(() => pool.end());
    const taken = await pool.connect();
    closers.push(() => taken.release());
    const pubsub = postgresPubSub({ pool, subscribeTimeoutMs: 500 });
    closers.push(() => pubsub.close());
    await expect(fastTracker(pubsub)).rejects.toThrow(/the pool gave no second connection.*raise its max/);
  });

  it("postgresPubSub proves that it hears while it publishes without a pause", async () => {
    const pool = new Pool({ connectionString: postgresUrl(server.port) });
    closers.push(() => pool.end());
    const pubsub = postgresPubSub({ pool });
    closers.push(() => pubsub.close());
    let isDone = false;
    const sending = (async () => {
      while (!isDone) await pubsub.publish("rollcall:noise", new Uint8Array(5_000));
    })();
    await roundTrip(() => fastTracker(pubsub));
    isDone = true;
    await sending;
  });
});

/** Two nodes on one pub/sub see each other's presence. */
async function roundTrip(create: () => ReturnType<typeof fastTracker>): Promise<void> {
  const [tokyo, paris] = [await create(), await create()];
  tokyo.track("session", "lobby", "alice");
  paris.track("session", "lobby", "bob");
  for (const tracker of [tokyo, paris]) await waitForCount(tracker, 2);
  for (const tracker of [tokyo, paris]) await tracker.close();
}
