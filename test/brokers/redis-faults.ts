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

/** What Redis itself, and what stands before it, does to its clients. */
export function redisFaults(stage: DriverSuiteContext): void {
  testReconnect("the server ends its subscriber", stage, () =>
    redisCommand(stage.server, "CLIENT KILL TYPE pubsub"),
  );

  testReconnect("the server ends both its clients", stage, () =>
    redisCommand(stage.server, "CLIENT KILL USER default SKIPME yes"),
  );

  describe("with its subscriber behind a proxy", () => {
    let line: BrokerProxy;
    const throughLine = { connect: () => stage.connect({ subscriberPort: line.port }) };

    beforeAll(async () => {
      line = await startProxy(stage.server.port);
    });

    afterAll(() => line.close());

    testReconnect("it reads so slowly that the server cuts it off", throughLine, async (topic) => {
      line.pause();
      await overflow(stage, topic);
      line.resume();
    });

    it("subscribes anew where it is asked to, after a subscription was lost without a word", async ({
      task,
    }) => {
      const { pubsub } = await throughLine.connect();
      const inbox = new Inbox(DEADLINE_MS);
      await pubsub.subscribe(task.id, inbox.listener);
      await loseSubscriptions(line);
      await pubsub.subscribe(task.id, inbox.listener);
      await publishUntilReceived(pubsub, task.id, inbox);
    });

    it("lets a tracker find out that its subscriptions were lost without a word", async () => {
      const [tokyos, parises] = [await throughLine.connect(), await stage.connect()];
      const [tokyo, paris] = [await fastTracker(tokyos.pubsub), await fastTracker(parises.pubsub)];
      const missed = collectLosses(tokyo, paris);
      tokyo.track("session 1", "lobby", "alice");
      paris.track("session 2", "lobby", "bob");
      for (const tracker of [tokyo, paris]) await waitForCount(tracker, 2);
      await loseSubscriptions(line);
      paris.track("session 3", "lobby", "carol");
      await waitForCount(tokyo, 3);
      expect(missed).toEqual([]);
      for (const tracker of [tokyo, paris]) await tracker.close();
    });
  });

  it("loses nobody when a replica takes the place of a primary that was killed", async () => {
    const { redis } = brokerRecipes;
    const primary = await startBroker({
      ...redis,
      args: (port, folder) => [...redis.args(port, folder), "--repl-diskless-sync-delay", "0"],
    });
    const replica = await startBroker({
      ...redis,
      args: (port, folder) => [...redis.args(port, folder), "--replicaof", `127.0.0.1 ${primary.port}`],
    });
    const address = await startProxy(primary.port);
    onTestFinished(async () => {
      address.close();
      await Promise.all([primary, replica].map((server) => server.remove()));
    });
    const connect = () => stage.connect({ subscriberPort: address.port }, address.port);
    const [tokyos, parises] = [await connect(), await connect()];
    const [tokyo, paris] = [await fastTracker(tokyos.pubsub), await fastTracker(parises.pubsub)];
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
    address.target = replica.port;
    paris.track("session 3", "lobby", "carol");
    for (const tracker of [tokyo, paris]) await waitForCount(tracker, 3);
    expect(missed).toEqual([]);

    for (const tracker of [tokyo, paris]) await tracker.close();
  });
}

/** Publishes what nobody reads, until the server says of each subscriber that it cut it off for that. */
async function overflow({ server }: DriverSuiteContext, topic: string): Promise<void> {
  const limit = (words: string) => redisCommand(server, "CONFIG SET client-output-buffer-limit", words);
  const subscribers = `${await redisCommand(server, "CLIENT LIST TYPE pubsub")}`.match(/\bid=\d+/g)!;
  const isCutOff = (id: string) =>
    new RegExp(`${id} .*closed ASAP for overcoming of output buffer limits`).test(server.log);
  await limit("pubsub 1mb 0 0");
  while (!subscribers.every(isCutOff)) await redisCommand(server, "PUBLISH", topic, "x".repeat(1_048_576));
  await limit("pubsub 32mb 8mb 60");
}

/** As a proxy does that puts another connection in the place of one: the new one never subscribed. */
function loseSubscriptions(line: BrokerProxy): Promise<void> {
  return line.swap("HELLO 3\r\nPING\r\n", "+PONG\r\n");
}
