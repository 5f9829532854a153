import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startServer } from "../../scripts/brokers/broker-server.ts";
import { recipes } from "../../scripts/brokers/recipes.ts";
import { until } from "../../scripts/wait-until.ts";
import { Inbox } from "../../src/testing/pubsub-rules/inbox.ts";
import { interruptedBy, type Stage } from "./driver-suite.ts";
import { type LineProxy, startProxy } from "./support/broker-proxy.ts";
import { sayToRedis } from "./support/redis-command.ts";
import { counts, gone, quickTracker } from "./support/trackers.ts";
import { DEADLINE_MS, heard } from "./support/wait-for-delivery.ts";

/** What Redis itself, and what stands before it, does to its clients. */
export function redisFaults(stage: Stage): void {
  interruptedBy("the server ends its subscriber", stage, () =>
    sayToRedis(stage.server, "CLIENT KILL TYPE pubsub"),
  );

  interruptedBy("the server ends both its clients", stage, () =>
    sayToRedis(stage.server, "CLIENT KILL USER default SKIPME yes"),
  );

  describe("with its subscriber behind a proxy", () => {
    let line: LineProxy;
    const throughLine = { connect: () => stage.connect({ subscriberPort: line.port }) };

    beforeAll(async () => {
      line = await startProxy(stage.server.port);
    });

    afterAll(() => line.close());

    interruptedBy("it reads so slowly that the server cuts it off", throughLine, async (topic) => {
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
      await heard(pubsub, task.id, inbox);
    });

    it("lets a tracker find out that its subscriptions were lost without a word", async () => {
      const [tokyos, parises] = [await throughLine.connect(), await stage.connect()];
      const [tokyo, paris] = [await quickTracker(tokyos.pubsub), await quickTracker(parises.pubsub)];
      const missed = gone(tokyo, paris);
      tokyo.track("session 1", "lobby", "alice");
      paris.track("session 2", "lobby", "bob");
      for (const tracker of [tokyo, paris]) await counts(tracker, 2);
      await loseSubscriptions(line);
      paris.track("session 3", "lobby", "carol");
      await counts(tokyo, 3);
      expect(missed).toEqual([]);
      for (const tracker of [tokyo, paris]) await tracker.close();
    });
  });

  it("loses nobody when a replica takes the place of a primary that was killed", async () => {
    const { redis } = recipes;
    const primary = await startServer({
      ...redis,
      args: (port, folder) => [...redis.args(port, folder), "--repl-diskless-sync-delay", "0"],
    });
    const replica = await startServer({
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
    const [tokyo, paris] = [await quickTracker(tokyos.pubsub), await quickTracker(parises.pubsub)];
    const missed = gone(tokyo, paris);
    tokyo.track("session 1", "lobby", "alice");
    paris.track("session 2", "lobby", "bob");
    for (const tracker of [tokyo, paris]) await counts(tracker, 2);
    await until(
      async () => `${await sayToRedis(replica, "INFO replication")}`.includes("master_link_status:up"),
      "the replica to follow",
    );

    await primary.kill();
    await sayToRedis(replica, "REPLICAOF NO ONE");
    address.target = replica.port;
    paris.track("session 3", "lobby", "carol");
    for (const tracker of [tokyo, paris]) await counts(tracker, 3);
    expect(missed).toEqual([]);

    for (const tracker of [tokyo, paris]) await tracker.close();
  });
}

/** Publishes what nobody reads, until the server says of each subscriber that it cut it off for that. */
async function overflow({ server }: Stage, topic: string): Promise<void> {
  const limit = (words: string) => sayToRedis(server, "CONFIG SET client-output-buffer-limit", words);
  const subscribers = `${await sayToRedis(server, "CLIENT LIST TYPE pubsub")}`.match(/\bid=\d+/g)!;
  const isCutOff = (id: string) =>
    new RegExp(`${id} .*closed ASAP for overcoming of output buffer limits`).test(server.said);
  await limit("pubsub 1mb 0 0");
  while (!subscribers.every(isCutOff)) await sayToRedis(server, "PUBLISH", topic, "x".repeat(1_048_576));
  await limit("pubsub 32mb 8mb 60");
}

/** As a proxy does that puts another connection in the place of one: the new one never subscribed. */
function loseSubscriptions(line: LineProxy): Promise<void> {
  return line.swap("HELLO 3\r\nPING\r\n", "+PONG\r\n");
}
