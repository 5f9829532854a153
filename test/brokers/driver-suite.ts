import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BrokerServer, startBroker } from "../../scripts/brokers/broker-server.ts";
import type { ConnectOptions, DriverConnection, DriverUnderTest } from "../../scripts/brokers/drivers.ts";
import { brokerRecipes, isInstalled } from "../../scripts/brokers/recipes.ts";
import { waitUntil } from "../../scripts/wait-until.ts";
import { pubSubContract } from "../../src/testing/index.ts";
import { areEqual, Inbox } from "../../src/testing/pubsub-rules/inbox.ts";
import { encodeText, RuleRun } from "../../src/testing/pubsub-rules/rule-run.ts";
import { DEADLINE_MS, publishUntilReceived, waitUntilDisconnected } from "./support/wait-for-delivery.ts";
import { trackersSuite } from "./trackers-suite.ts";

/** The broker of a suite, and a way to connect to it. Connections are closed after each test. */
export interface DriverSuiteContext {
  readonly server: BrokerServer;
  readonly connect: (options?: ConnectOptions, port?: number) => Promise<DriverConnection>;
}

/** The tests that every driver of a broker must pass. `addTests` adds the ones of a single driver. */
export function driverSuite(
  name: string,
  driver: DriverUnderTest,
  addTests?: (context: DriverSuiteContext) => void,
): void {
  describe.skipIf(!isInstalled(driver.broker))(name, () => {
    let server: BrokerServer;
    const connections: DriverConnection[] = [];
    const context: DriverSuiteContext = {
      get server() {
        return server;
      },
      async connect(options, port = server.port) {
        const connection = await driver.connect(port, options);
        connections.push(connection);
        return connection;
      },
    };

    beforeAll(async () => {
      server = await startBroker(brokerRecipes[driver.broker]);
    });

    afterEach(async () => {
      await Promise.all(connections.splice(0).map(({ close }) => close()));
    });

    afterAll(() => server.remove());

    const interruptions = {
      "the broker restarts": () => server.restart(),
      async "the broker is killed with -9"() {
        await server.kill();
        await server.start();
      },
    };

    for (const { rule, run } of pubSubContract) {
      const isAboutLostConnections = rule.includes("lost");
      for (const [cause, interrupt] of Object.entries(interruptions).slice(
        0,
        isAboutLostConnections ? 2 : 1,
      )) {
        it(isAboutLostConnections ? `${rule}, when ${cause}` : rule, async ({ task }) => {
          const [alice, bob] = [await context.connect(), await context.connect()];
          const cast = { alice: alice.pubsub, bob: bob.pubsub, topic: task.id };
          await run({ ...cast, deadlineMs: DEADLINE_MS, interrupt });
        });
      }
    }

    it("recovers when a broker that hung answers again", async ({ task }) => {
      const [alice, bob] = [await context.connect({ subscribeTimeoutMs: 300 }), await context.connect()];
      const ruleRun = new RuleRun({
        alice: alice.pubsub,
        bob: bob.pubsub,
        topic: task.id,
        deadlineMs: DEADLINE_MS,
      });
      const inbox = await ruleRun.listen(ruleRun.alice);
      server.freeze();
      const late = new Inbox(DEADLINE_MS);
      await expect(ruleRun.alice.subscribe(`${task.id}:late`, late.listener)).rejects.toMatchObject({
        code: "TRANSPORT",
        message: expect.stringMatching(/did not answer within 300 ms/),
      });
      server.thaw();
      await ruleRun.publishUntilReceived(ruleRun.bob, inbox, "awake?");
      // The driver retried the subscription by itself.
      await publishUntilReceived(ruleRun.bob, `${task.id}:late`, late);
    });

    it("rejects messages while the broker is away, and subscribes when it returns", async ({ task }) => {
      const [alice, bob] = [await context.connect({ subscribeTimeoutMs: 300 }), await context.connect()];
      const inbox = new Inbox(DEADLINE_MS);
      await server.stop();
      try {
        await waitUntilDisconnected(alice);
        const transportError = expect.objectContaining({ code: "TRANSPORT" });
        await expect(alice.pubsub.publish(task.id, encodeText("lost"))).rejects.toEqual(transportError);
        await expect(alice.pubsub.subscribe(task.id, inbox.listener)).rejects.toEqual(transportError);
      } finally {
        await server.start();
      }
      await publishUntilReceived(bob.pubsub, task.id, inbox);
      expect(inbox.has(encodeText("lost"))).toBe(false);
    });

    it("queues at most 16 MiB for a broker that does not read", async ({ task }) => {
      const { pubsub } = await context.connect();
      const large = new Uint8Array(Math.min(pubsub.maxMessageBytes ?? Number.POSITIVE_INFINITY, 1_048_576));
      await pubsub.publish(task.id, large);
      server.freeze();
      const errors: string[] = [];
      for (let bytes = 0; bytes < 20_000_000; bytes += large.length) {
        Promise.resolve(pubsub.publish(task.id, large)).catch((error: Error) => errors.push(error.message));
      }
      await new Promise(setImmediate);
      server.thaw();
      expect(errors.length).toBeGreaterThan(0);
      expect(new Set(errors.map((message) => message.replace(/\d+ bytes/, "some bytes"))).size).toBe(1);
      expect(errors[0]).toMatch(/bytes wait already, and at most 16777216 may/);
    });

    it("stays disconnected when a client gives up or is closed", async ({ task }) => {
      const { giveUp, ...connection } = await context.connect({ subscribeTimeoutMs: 300 });
      if (giveUp === undefined) return;
      await Promise.all([waitUntilDisconnected(connection), giveUp()]);
      const transportError = expect.objectContaining({ code: "TRANSPORT" });
      await expect(connection.pubsub.publish(task.id, encodeText("lost"))).rejects.toEqual(transportError);
      await expect(connection.pubsub.subscribe(task.id, () => {})).rejects.toEqual(transportError);
    });

    it("delivers a message once, however often its topic was subscribed", async ({ task }) => {
      const { pubsub } = await context.connect();
      const inbox = new Inbox(DEADLINE_MS);
      for (let time = 0; time < 3; time++) await pubsub.subscribe(task.id, inbox.listener);
      for (const words of ["hello", "goodbye"]) await pubsub.publish(task.id, encodeText(words));
      await inbox.receives(encodeText("goodbye"));
      expect(inbox.messages.filter((message) => areEqual(message, encodeText("hello")))).toHaveLength(1);
    });

    it("proves that it hears itself without disturbing another listener", async ({ task }) => {
      const [alice, bob] = [await context.connect(), await context.connect()];
      const topics = [task.id, `${task.id}:all`];
      const inboxes = topics.map(() => new Inbox(DEADLINE_MS));
      for (const [at, topic] of topics.entries()) await alice.pubsub.subscribe(topic, inboxes[at]!.listener);
      for (const topic of [...topics, `${task.id}:bob`]) await bob.pubsub.subscribe(topic, () => {});
      for (const topic of topics) await bob.pubsub.publish(topic, encodeText("hello"));
      for (const inbox of inboxes) {
        await inbox.receives(encodeText("hello"));
        expect(inbox.messages).toHaveLength(1);
      }
    });

    it("leaves the user's clients open when it closes, without its subscriptions and listeners", async ({
      task,
    }) => {
      const [alice, bob] = [await context.connect(), await context.connect()];
      const inbox = new Inbox(DEADLINE_MS);
      await alice.pubsub.subscribe(task.id, inbox.listener);
      await alice.pubsub.close();
      await alice.ping();
      const { listeners = () => 0 } = alice;
      await waitUntil(
        () => listeners() === 0,
        () => `${listeners()} listeners to go`,
      );
      await bob.pubsub.publish(task.id, encodeText("still there?"));
      await bob.ping();
      expect(inbox.messages).toEqual([]);
    });

    it("rejects calls after close with a code", async () => {
      const { pubsub } = await context.connect();
      await pubsub.close();
      const closed = expect.objectContaining({ code: "CLOSED" });
      await expect(pubsub.publish("lobby", new Uint8Array(1))).rejects.toEqual(closed);
      await expect(pubsub.subscribe("lobby", () => {})).rejects.toEqual(closed);
    });

    trackersSuite(context);
    addTests?.(context);
  });
}

/** Tests the rules about lost connections with another cause of the loss. */
export function testReconnect(
  cause: string,
  context: Pick<DriverSuiteContext, "connect">,
  interrupt: (topic: string) => Promise<unknown>,
): void {
  for (const { rule, run } of pubSubContract.filter(({ rule }) => rule.includes("lost"))) {
    it(`${rule}, when ${cause}`, async ({ task }) => {
      const [alice, bob] = [await context.connect(), await context.connect()];
      const cast = { alice: alice.pubsub, bob: bob.pubsub, topic: task.id };
      await run({ ...cast, deadlineMs: DEADLINE_MS, interrupt: async () => void (await interrupt(task.id)) });
    });
  }
}
