import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startBroker } from "../../scripts/brokers/broker-server.ts";
import { brokerRecipes } from "../../scripts/brokers/recipes.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import { Inbox } from "../../src/testing/pubsub-rules/inbox.ts";
import { type DriverSuiteContext, testReconnect } from "./driver-suite.ts";
import { type BrokerProxy, startProxy } from "./support/broker-proxy.ts";
import { redisCommand } from "./support/redis-command.ts";
import { collectLosses, fastTracker, waitForCount } from "./support/trackers.ts";
import { DEADLINE_MS, publishUntilReceived } from "./support/wait-for-delivery.ts";

/** Tests of what Redis, or a proxy in front of it, does to its clients. */
export function redisFaults(context: DriverSuiteContext): void {
  testReconnect("the server ends its subscriber", context, () =>
    redisCommand(context.server, "CLIENT KILL TYPE pubsub"),
  );

  testReconnect("the server ends both its clients", context, () =>
    redisCommand(context.server, "CLIENT KILL USER default SKIPME yes"),
  );

  describe("with its subscriber behind a proxy", () => {
    let proxy: BrokerProxy;
    const throughProxy = { connect: () => context.connect({ subscriberPort: proxy.port }) };

    beforeAll(async () => {
      proxy = await startProxy(context.server.port);
    });

    afterAll(() => proxy.close());

    testReconnect("it reads so slowly that the server disconnects it", throughProxy, async (topic) => {
      proxy.pause();
      await overflow(context, topic);
      proxy.resume();
    });

    it("subscribes again on request after a subscription was lost silently", async ({ task }) => {
      const { pubsub } = await throughProxy.connect();
      const inbox = new Inbox(DEADLINE_MS);
      await pubsub.subscribe(task.id, inbox.listener);
      await loseSubscriptions(proxy);
      await pubsub.subscribe(task.id, inbox.listener);
      await publishUntilReceived(pubsub, task.id, inbox);
    });

    it("lets a tracker notice that its subscriptions were lost silently", async () => {
      const [tokyoConnection, parisConnection] = [await throughProxy.connect(), await context.connect()];
      const [tokyo, paris] = [
        await fastTracker(tokyoConnection.pubsub),
        await fastTracker(parisConnection.pubsub),
      ];
      const missed = collectLosses(tokyo, paris);
      tokyo.track("session 1", "lobby", "alice");
      paris.track("session 2", "lobby", "bob");
      for (const tracker of [tokyo, paris]) await waitForCount(tracker, 2);
      await loseSubscriptions(proxy);
      paris.track("session 3", "lobby", "carol");
      await waitForCount(tokyo, 3);
      expect(missed).toEqual([]);
      for (const tracker of [tokyo, paris]) await tracker.close();
    });
  });

  it("loses no presence when a replica replaces a killed primary", async () => {
    const { redis } = brokerRecipes;
    const primary = await startBroker({
      ...redis,
      args: (port, folder) => [...redis.args(port, folder), "--repl-diskless-sync-delay", "0"],
    });
    const replica = await startBroker({
      ...redis,
      args: (port, folder) => [...redis.args(port, folder), "--replicaof", `127.0.0.1 ${primary.port}`],
    });
    const proxy = await startProxy(primary.port);
    onTestFinished(async () => {
      proxy.close();
      await Promise.all([primary, replica].map((server) => server.remove()));
    });
    const connect = () => context.connect({ subscriberPort: proxy.port }, proxy.port);
    const [tokyoConnection, parisConnection] = [await connect(), await connect()];
    const [tokyo, paris] = [
      await fastTracker(tokyoConnection.pubsub),
      await fastTracker(parisConnection.pubsub),
    ];
    const missed = collectLosses(tokyo, paris);
    tokyo.track("session 1", "lobby", "alice");
    paris.track("session 2", "lobby", "bob");
    for (const tracker of [tokyo, paris]) await waitForCount(tracker, 2);
    await waitUntil(
      async () => `${await redisCommand(replica, "INFO replication")}`.includes("master_link_status:up"),
      "the replica to follow",
    );

    await primary.kill();
    await redisCommand(replica, "REPLICAOF NO ONE");
    proxy.target = replica.port;
    paris.track("session 3", "lobby", "carol");
    for (const tracker of [tokyo, paris]) await waitForCount(tracker, 3);
    expect(missed).toEqual([]);

    for (const tracker of [tokyo, paris]) await tracker.close();
  });
}

/** Publishes to subscribers that do not read, until the server has disconnected each of them for that. */
async function overflow({ server }: DriverSuiteContext, topic: string): Promise<void> {
  const setLimit = (words: string) => redisCommand(server, "CONFIG SET client-output-buffer-limit", words);
  const subscribers = `${await redisCommand(server, "CLIENT LIST TYPE pubsub")}`.match(/\bid=\d+/g)!;
  const isDisconnected = (id: string) =>
    new RegExp(`${id} .*closed ASAP for overcoming of output buffer limits`).test(server.log);
  await setLimit("pubsub 1mb 0 0");
  while (!subscribers.every(isDisconnected))
    await redisCommand(server, "PUBLISH", topic, "x".repeat(1_048_576));
  await setLimit("pubsub 32mb 8mb 60");
}

/** Does what some proxies do: replaces the connection to the server by one that never subscribed. */
function loseSubscriptions(proxy: BrokerProxy): Promise<void> {
  return proxy.replaceBrokerConnections("HELLO 3\r\nPING\r\n", "+PONG\r\n");
}
