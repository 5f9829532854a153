import type { NatsConnection as RealNatsConnection } from "@nats-io/transport-node";
import type { Cluster, Redis } from "ioredis";
import type { Pool, PoolClient } from "pg";
import type { createClient, createCluster, createSentinel, RedisClientType } from "redis";
import type { IoredisPublisher, IoredisSubscriber } from "../../src/pubsub/ioredis.ts";
import type { NatsConnection } from "../../src/pubsub/nats.ts";
import type { PostgresClient, PostgresPool } from "../../src/pubsub/postgres.ts";
import type { RedisPublisher, RedisSubscriber } from "../../src/pubsub/redis.ts";

// Each driver declares the part of a client that it uses. These lines compile as long as the real clients fit. Nothing here
// runs.

type Fits<Part, Whole extends Part> = Whole & Part;

export type RealClients = [
  Fits<RedisPublisher & RedisSubscriber, ReturnType<typeof createClient>>,
  Fits<RedisPublisher & RedisSubscriber, RedisClientType>,
  Fits<RedisPublisher & RedisSubscriber, ReturnType<typeof createCluster>>,
  Fits<RedisPublisher & RedisSubscriber, ReturnType<typeof createSentinel>>,
  Fits<IoredisPublisher & IoredisSubscriber, Redis>,
  Fits<IoredisPublisher & IoredisSubscriber, Cluster>,
  Fits<NatsConnection, RealNatsConnection>,
  Fits<PostgresPool, Pool>,
  Fits<PostgresClient, PoolClient>,
];

export type OtherClients = [
  // @ts-expect-error ioredis has a `status`,
  Fits<IoredisPublisher, ReturnType<typeof createClient>>,
  // @ts-expect-error and node-redis has `isReady`.
  Fits<RedisPublisher, Redis>,
];
