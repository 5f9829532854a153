import { Redis } from "ioredis";
import { Client, Pool } from "pg";
import { createClient, createCluster } from "redis";
import { afterAll, expect, it } from "vitest";
import { createTracker, memoryPubSub, type PubSub } from "../../src/index.ts";
import { broadcastChannelPubSub } from "../../src/pubsub/broadcast-channel.ts";
import { clusterPubSub } from "../../src/pubsub/cluster.ts";
import { ioredisPubSub } from "../../src/pubsub/ioredis.ts";
import { natsPubSub } from "../../src/pubsub/nats.ts";
import { postgresPubSub } from "../../src/pubsub/postgres.ts";
import { redisPubSub } from "../../src/pubsub/redis.ts";
import { expectRefusal, INVALID, type Loose, type Misuse } from "./refusal.ts";

// These clients never connect: the drivers check them before they use them.
const nodeRedis = createClient();
const ioredis = new Redis({ lazyConnect: true });
const pool = new Pool();
const clients = { nodeRedis, other: nodeRedis.duplicate(), ioredis, another: ioredis.duplicate(), pool };

/** A client for a cluster without what version 6 added to it. */
const oldCluster = () => Object.create(createCluster({ rootNodes: [] }), { isReady: { value: undefined } });

afterAll(() => pool.end());

const redis = (options?: unknown) => () => redisPubSub(options as Loose);
const io = (options?: unknown) => () => ioredisPubSub(options as Loose);
const nats = (options?: unknown) => () => natsPubSub(options as Loose);
const postgres = (options?: unknown) => () => postgresPubSub(options as Loose);
const both = { publisher: nodeRedis, subscriber: clients.other };
const bothOfIo = { publisher: ioredis, subscriber: clients.another };

const misuses: readonly Misuse<undefined>[] = [
  [
    "redisPubSub without options",
    "options is undefined; it must be an object. Pass { publisher, subscriber }",
    INVALID,
    redis(),
  ],
  [
    "redisPubSub with an address",
    'options is "redis://localhost"; it must be an object.',
    INVALID,
    redis("redis://localhost"),
  ],
  [
    "redisPubSub without clients",
    "publisher is undefined; it must be a client of node-redis.",
    INVALID,
    redis({}),
  ],
  [
    "redisPubSub with a client as options",
    "publisher is undefined; it must be a client of node-redis.",
    INVALID,
    redis(nodeRedis),
  ],
  [
    "redisPubSub with one client",
    "subscriber is undefined; it must be a client of node-redis.",
    INVALID,
    redis({ publisher: nodeRedis }),
  ],
  [
    "redisPubSub with the same client twice",
    "it must be another client than publisher. Pass publisher.duplicate().",
    INVALID,
    redis({ publisher: nodeRedis, subscriber: nodeRedis }),
  ],
  ["redisPubSub with ioredis clients", "For clients of ioredis use ioredisPubSub.", INVALID, redis(bothOfIo)],
  [
    "redisPubSub with cluster clients of version 5",
    "createCluster works from version 6 of redis on: upgrade it, or use ioredisPubSub with a Cluster of ioredis.",
    INVALID,
    redis({ publisher: oldCluster(), subscriber: oldCluster() }),
  ],
  [
    "redisPubSub with a promise",
    "publisher is a Promise; it must be a client of node-redis. Await it first.",
    INVALID,
    redis({ ...both, publisher: Promise.resolve(nodeRedis) }),
  ],
  [
    "redisPubSub with a misspelled option",
    'There is no option "timeoutMs".',
    INVALID,
    redis({ ...both, timeoutMs: 5 }),
  ],
  [
    "redisPubSub with NaN as timeout",
    "subscribeTimeoutMs is NaN; it must be a number of ms above 0",
    INVALID,
    redis({ ...both, subscribeTimeoutMs: Number.NaN }),
  ],
  [
    "ioredisPubSub without options",
    "options is undefined; it must be an object. Pass { publisher, subscriber }",
    INVALID,
    io(),
  ],
  [
    "ioredisPubSub with one client",
    "subscriber is undefined; it must be a client of ioredis.",
    INVALID,
    io({ publisher: ioredis }),
  ],
  [
    "ioredisPubSub with the same client twice",
    "it must be another client than publisher.",
    INVALID,
    io({ publisher: ioredis, subscriber: ioredis }),
  ],
  ["ioredisPubSub with node-redis clients", "For clients of node-redis use redisPubSub.", INVALID, io(both)],
  [
    "ioredisPubSub with 0 as timeout",
    "subscribeTimeoutMs is 0; it must be a number of ms above 0",
    INVALID,
    io({ ...bothOfIo, subscribeTimeoutMs: 0 }),
  ],
  [
    "natsPubSub without options",
    "options is undefined; it must be an object. Pass { connection: await connect() }",
    INVALID,
    nats(),
  ],
  [
    "natsPubSub without a connection",
    "connection is undefined; it must be a NATS connection.",
    INVALID,
    nats({}),
  ],
  [
    "natsPubSub with a promise",
    "connection is a Promise; it must be a NATS connection. Await it first.",
    INVALID,
    nats({ connection: Promise.resolve({}) }),
  ],
  [
    "natsPubSub with a Redis client",
    "it must be a NATS connection.",
    INVALID,
    nats({ connection: nodeRedis }),
  ],
  [
    "postgresPubSub without options",
    "options is undefined; it must be an object. Pass { pool: new Pool() }",
    INVALID,
    postgres(),
  ],
  [
    "postgresPubSub with an address",
    'pool is "postgres://localhost"; it must be a Pool of pg.',
    INVALID,
    postgres({ pool: "postgres://localhost" }),
  ],
  [
    "postgresPubSub with a Client",
    "pool is a Client; it must be a Pool of pg. Pass { pool: new Pool() }",
    INVALID,
    postgres({ pool: new Client() }),
  ],
  [
    "postgresPubSub with a misspelled option",
    'There is no option "subscribeTimeout". Did you mean subscribeTimeoutMs?',
    INVALID,
    postgres({ pool, subscribeTimeout: 5 }),
  ],
  [
    "clusterPubSub with null",
    "options is null; it must be an object.",
    INVALID,
    () => clusterPubSub(null as Loose),
  ],
  [
    "clusterPubSub with a string as timeout",
    'subscribeTimeoutMs is "5"; it must be a number',
    INVALID,
    () => clusterPubSub({ subscribeTimeoutMs: "5" } as Loose),
  ],
  [
    "broadcastChannelPubSub with a string as options",
    'options is "chat"; it must be an object. Pass { name: "chat" }',
    INVALID,
    () => broadcastChannelPubSub("chat" as Loose),
  ],
  [
    "broadcastChannelPubSub with a number as name",
    "name is 5; it must be a string that is not empty.",
    INVALID,
    () => broadcastChannelPubSub({ name: 5 } as Loose),
  ],
  [
    "broadcastChannelPubSub with a misspelled option",
    'There is no option "names". Did you mean name?',
    INVALID,
    () => broadcastChannelPubSub({ names: "chat" } as Loose),
  ],
];

/** The numbers of listeners on the clients. */
const listeners = () =>
  Object.values(clients).map((client) =>
    client.eventNames().map((name) => client.listenerCount(name as never)),
  );

it.each(misuses)(
  "%s is refused, and no listener stays on a client: %s",
  async (_what, expected, code, attempt) => {
    const before = listeners();
    await expectRefusal(() => attempt(undefined), code, expected);
    expect(listeners()).toEqual(before);
  },
);

it("an unconnected client is named in the error when the server does not answer", async () => {
  // Nothing listens there. A client without an address would find a Redis server of this machine.
  const publisher = createClient({ url: "redis://127.0.0.1:1" });
  const pubsub = redisPubSub({ publisher, subscriber: publisher.duplicate(), subscribeTimeoutMs: 50 });
  const expected = "Its client is not connected: connect it, and check that the server is reachable.";
  await expectRefusal(() => createTracker({ pubsub }), "TRANSPORT", expected);
  await expectRefusal(
    () => pubsub.publish("lobby", new Uint8Array(1)),
    "TRANSPORT",
    "The Redis server is not connected.",
  );
  await pubsub.close();
});

const used: readonly Misuse<PubSub>[] = [
  [
    "subscribe without a listener",
    "listener is undefined; it must be a function.",
    INVALID,
    (p: Loose) => p.subscribe("lobby"),
  ],
  [
    "a string to publish",
    'bytes is "hello"; it must be a Uint8Array. Encode it first',
    INVALID,
    (p: Loose) => p.publish("lobby", "hello"),
  ],
  [
    "publish without bytes",
    "bytes is undefined; it must be a Uint8Array.",
    INVALID,
    (p: Loose) => p.publish("lobby"),
  ],
];

it.each(used)("a pub/sub refuses %s: %s", async (_what, expected, code, attempt) => {
  const pubsub = memoryPubSub();
  const heard: Uint8Array[] = [];
  await pubsub.subscribe("lobby", (bytes) => heard.push(bytes));
  await expectRefusal(() => attempt(pubsub), code, expected);
  await pubsub.publish("lobby", new Uint8Array([1]));
  await new Promise(setImmediate);
  expect(heard).toEqual([new Uint8Array([1])]);
  await pubsub.close();
  await expectRefusal(
    () => pubsub.publish("lobby", new Uint8Array([1])),
    "CLOSED",
    "publish() was called on a closed pub/sub",
  );
});
