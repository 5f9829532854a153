import { Cluster, Redis } from "ioredis";
import { createCluster, createSentinel } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { BrokerServer } from "../../scripts/brokers/broker-server.ts";
import { isInstalled } from "../../scripts/brokers/recipes.ts";
import { SENTINEL_NAME, startRedisCluster, startSentinel } from "../../scripts/brokers/redis-topologies.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import { ioredisPubSub } from "../../src/pubsub/ioredis.ts";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { redisPubSub } from "../../src/pubsub/redis.ts";
import { pubSubContract } from "../../src/testing/index.ts";
import { Inbox } from "../../src/testing/pubsub-rules/inbox.ts";
import { createTracker, type Tracker } from "../../src/tracker/index.ts";
import { redisCommand } from "./support/redis-command.ts";
import { collectLosses, FAST_PERIODS, waitForCount } from "./support/trackers.ts";
import { DEADLINE_MS, publishUntilReceived } from "./support/wait-for-delivery.ts";

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** A node that fails over must not take the others for dead meanwhile. */
function tracker(pubsub: PubSub): Promise<Tracker> {
  return createTracker({ pubsub, ...FAST_PERIODS, downPeriodMs: 30_000 });
}

describe.skipIf(!isInstalled("redis"))("a Redis Cluster", () => {
  let servers: readonly BrokerServer[];

  beforeAll(async () => {
    servers = await startRedisCluster();
    await whenHealthy();
  });

  afterAll(() => Promise.all((servers ?? []).map((server) => server.remove())));

  /** Every node knows the others, and every replica can take over from its primary. */
  async function whenHealthy(): Promise<void> {
    const isHealthy = async (server: BrokerServer) => {
      const info = `${await redisCommand(server, "CLUSTER INFO")}`;
      const role = `${await redisCommand(server, "INFO replication")}`;
      const canTakeOver = role.includes("role:master") || role.includes("master_link_status:up");
      return info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:6") && canTakeOver;
    };
    await waitUntil(
      async () => (await Promise.all(servers.map(isHealthy))).every(Boolean),
      "a healthy cluster",
    );
  }

  const drivers: Readonly<Record<string, () => Promise<PubSub>>> = {
    async redisPubSub() {
      const rootNodes = servers.map(({ port }) => ({ url: `redis://127.0.0.1:${port}` }));
      const [publisher, subscriber] = [createCluster({ rootNodes }), createCluster({ rootNodes })];
      const pubsub = redisPubSub({ publisher, subscriber });
      await Promise.all([publisher.connect(), subscriber.connect()]);
      closers.push(async () => {
        await pubsub.close();
        for (const client of [publisher, subscriber]) client.on("error", () => {}).destroy();
      });
      return pubsub;
    },

    async ioredisPubSub() {
      const nodes = servers.map(({ port }) => ({ host: "127.0.0.1", port }));
      const [publisher, subscriber] = [new Cluster(nodes), new Cluster(nodes)];
      const pubsub = ioredisPubSub({ publisher, subscriber });
      closers.push(async () => {
        await pubsub.close();
        for (const client of [publisher, subscriber]) client.on("error", () => {}).disconnect();
      });
      await waitUntil(() => publisher.status === "ready", "a connection");
      return pubsub;
    },
  };

  describe.each(Object.entries(drivers))("with %s", (name, connect) => {
    for (const { rule, run } of pubSubContract) {
      // Each message goes through a node of its own, so a later one may come first.
      if (rule.includes("watchConnection returns")) continue;
      it(rule, async ({ task }) => {
        await run({ alice: await connect(), bob: await connect(), topic: task.id, deadlineMs: DEADLINE_MS });
      });
    }

    it("notices that the node which holds its subscription was killed, and hears again without it", async ({
      task,
    }) => {
      const [alice, bob] = [await connect(), await connect()];
      const inbox = new Inbox(DEADLINE_MS);
      await bob.subscribe(`${task.id}:bob`, () => {});
      await alice.subscribe(task.id, inbox.listener);
      const states: boolean[] = [];
      alice.watchConnection!((isConnected) => states.push(isConnected));
      const holder = await holderOf(task.id);
      await holder.kill();
      try {
        // A client of ioredis moves at once. One of node-redis moves when a replica has taken over.
        if (name === "redisPubSub") await waitUntil(() => states.at(-1) === false, "the loss");
        await publishUntilReceived(bob, task.id, inbox);
        await waitUntil(() => states.at(-1) === true, "the return");
        expect(await holderOf(task.id, holder)).toBeDefined();
      } finally {
        await holder.start();
        await whenHealthy();
      }
    });

    it("loses no presence when that node is killed", async () => {
      const [tokyo, paris] = [await tracker(await connect()), await tracker(await connect())];
      const losses = collectLosses(tokyo, paris);
      for (const each of [tokyo, paris]) each.on("error", () => {});
      tokyo.track("session 1", "lobby", "alice");
      paris.track("session 2", "lobby", "bob");
      for (const each of [tokyo, paris]) await waitForCount(each, 2);
      const holder = await holderOf(`rollcall:${tokyo.replicas()[0]!.id}`);
      await holder.kill();
      try {
        paris.track("session 3", "lobby", "carol");
        for (const each of [tokyo, paris]) await waitForCount(each, 3);
        tokyo.track("session 4", "lobby", "dave");
        for (const each of [tokyo, paris]) await waitForCount(each, 4);
        expect(losses).toEqual([]);
      } finally {
        await holder.start();
        await whenHealthy();
      }
      for (const each of [tokyo, paris]) await each.close();
    });
  });

  it("hears with redisPubSub after every node refused the connection for its subscriptions", async ({
    task,
  }) => {
    const setUser = (rules: string) =>
      Promise.all(servers.map((server) => redisCommand(server, `ACL SETUSER tokyo ${rules}`)));
    await setUser("on nopass ~* &* +@all");
    const rootNodes = servers.map(({ port }) => ({ url: `redis://127.0.0.1:${port}` }));
    // The client gives up at once, and connects to a node again when it is asked to subscribe again.
    const defaults = { username: "tokyo", password: "any", socket: { reconnectStrategy: false } } as const;
    const [publisher, subscriber] = [createCluster({ rootNodes }), createCluster({ rootNodes, defaults })];
    const pubsub = redisPubSub({ publisher, subscriber });
    await Promise.all([publisher.connect(), subscriber.connect()]);
    closers.push(async () => {
      await pubsub.close();
      for (const client of [publisher, subscriber]) client.on("error", () => {}).destroy();
    });
    const inbox = new Inbox(DEADLINE_MS);
    await setUser("off");
    await expect(pubsub.subscribe(task.id, inbox.listener)).rejects.toThrow("WRONGPASS");
    await setUser("on");
    await publishUntilReceived(pubsub, task.id, inbox);
  });

  async function holderOf(topic: string, killed?: BrokerServer): Promise<BrokerServer> {
    for (const server of servers) {
      if (server === killed) continue;
      const [, count] = (await redisCommand(server, "PUBSUB NUMSUB", topic)) as [string, number];
      if (count > 0) return server;
    }
    throw new Error(`no node holds a subscription to ${topic}`);
  }
});

describe.skipIf(!isInstalled("redis"))("Redis with a sentinel", () => {
  let topology: Awaited<ReturnType<typeof startSentinel>>;

  beforeAll(async () => {
    topology = await startSentinel();
  });

  afterAll(() => Promise.all(Object.values(topology ?? {}).map((server) => server.remove())));

  /** The present primary, and the other server once that follows it. */
  async function roles(): Promise<{ primary: BrokerServer; replica: BrokerServer }> {
    const { sentinel, ...servers } = topology;
    let primary: BrokerServer | undefined;
    let replica: BrokerServer | undefined;
    await waitUntil(async () => {
      const address = (await redisCommand(
        sentinel,
        "SENTINEL GET-MASTER-ADDR-BY-NAME",
        SENTINEL_NAME,
      )) as string[];
      primary = Object.values(servers).find(({ port }) => `${port}` === address[1]);
      replica = Object.values(servers).find((server) => server !== primary);
      if (primary === undefined || replica === undefined) return false;
      const known = JSON.stringify(await redisCommand(sentinel, "SENTINEL REPLICAS", SENTINEL_NAME));
      if (!known.includes(`${replica.port}`) || /s_down|disconnected/.test(known)) return false;
      return `${await redisCommand(replica, "INFO replication")}`.includes("master_link_status:up");
    }, "a primary with a replica");
    return { primary: primary!, replica: replica! };
  }

  const drivers: Readonly<Record<string, () => Promise<PubSub>>> = {
    async redisPubSub() {
      const make = () =>
        createSentinel({
          name: SENTINEL_NAME,
          sentinelRootNodes: [{ host: "127.0.0.1", port: topology.sentinel.port }],
          scanInterval: 500,
        });
      const [publisher, subscriber] = [make(), make()];
      const pubsub = redisPubSub({ publisher, subscriber });
      closers.push(async () => {
        await pubsub.close();
        for (const client of [publisher, subscriber]) await client.on("error", () => {}).destroy();
      });
      return pubsub;
    },

    async ioredisPubSub() {
      const sentinels = [{ host: "127.0.0.1", port: topology.sentinel.port }];
      const publisher = new Redis({ sentinels, name: SENTINEL_NAME, retryStrategy: () => 100 });
      const subscriber = publisher.duplicate({ autoResubscribe: false });
      const pubsub = ioredisPubSub({ publisher, subscriber });
      closers.push(async () => {
        await pubsub.close();
        for (const client of [publisher, subscriber]) client.on("error", () => {}).disconnect();
      });
      return pubsub;
    },
  };

  it.each(Object.entries(drivers))("%s loses no presence when the primary is killed", async (_, connect) => {
    const { primary } = await roles();
    const [tokyo, paris] = [await tracker(await connect()), await tracker(await connect())];
    const losses = collectLosses(tokyo, paris);
    for (const each of [tokyo, paris]) each.on("error", () => {});
    tokyo.track("session 1", "lobby", "alice");
    paris.track("session 2", "lobby", "bob");
    for (const each of [tokyo, paris]) await waitForCount(each, 2);
    await primary.kill();
    try {
      paris.track("session 3", "lobby", "carol");
      for (const each of [tokyo, paris]) await waitForCount(each, 3);
      tokyo.track("session 4", "lobby", "dave");
      for (const each of [tokyo, paris]) await waitForCount(each, 4);
      expect(losses).toEqual([]);
    } finally {
      await primary.start();
    }
    for (const each of [tokyo, paris]) await each.close();
  });
});
