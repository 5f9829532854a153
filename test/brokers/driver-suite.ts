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

/** A broker of a suite's own, and ends of it that are closed after each test. */
export interface DriverSuiteContext {
  readonly server: BrokerServer;
  readonly connect: (options?: ConnectOptions, port?: number) => Promise<DriverConnection>;
}

/** All that a driver of a broker must keep; `more` adds what only this one can break. */
export function driverSuite(
  name: string,
  driver: DriverUnderTest,
  more?: (stage: DriverSuiteContext) => void,
): void {
  describe.skipIf(!isInstalled(driver.broker))(name, () => {
    let server: BrokerServer;
    const ends: DriverConnection[] = [];
    const stage: DriverSuiteContext = {
      get server() {
        return server;
      },
      async connect(options, port = server.port) {
        const end = await driver.connect(port, options);
        ends.push(end);
        return end;
      },
    };

    beforeAll(async () => {
      server = await startBroker(brokerRecipes[driver.broker]);
    });

    afterEach(async () => {
      await Promise.all(ends.splice(0).map(({ close }) => close()));
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
      const aboutLosses = rule.includes("lost");
      for (const [what, interrupt] of Object.entries(interruptions).slice(0, aboutLosses ? 2 : 1)) {
        it(aboutLosses ? `${rule}, when ${what}` : rule, async ({ task }) => {
          const [alice, bob] = [await stage.connect(), await stage.connect()];
          const cast = { alice: alice.pubsub, bob: bob.pubsub, topic: task.id };
          await run({ ...cast, deadlineMs: DEADLINE_MS, interrupt });
        });
      }
    }

    it("goes on when the broker does, after it answered nothing for a while", async ({ task }) => {
      const [alice, bob] = [await stage.connect({ subscribeTimeoutMs: 300 }), await stage.connect()];
      const scene = new RuleRun({
        alice: alice.pubsub,
        bob: bob.pubsub,
        topic: task.id,
        deadlineMs: DEADLINE_MS,
      });
      const inbox = await scene.listen(scene.alice);
      server.freeze();
      const late = new Inbox(DEADLINE_MS);
      await expect(scene.alice.subscribe(`${task.id}:late`, late.listener)).rejects.toMatchObject({
        code: "TRANSPORT",
        message: expect.stringMatching(/did not answer within 300 ms/),
      });
      server.thaw();
      await scene.publishUntilReceived(scene.bob, inbox, "awake?");
      // Nobody asked for it again.
      await publishUntilReceived(scene.bob, `${task.id}:late`, late);
    });

    it("refuses messages while the broker is away, and keeps what is subscribed for its return", async ({
      task,
    }) => {
      const [alice, bob] = [await stage.connect({ subscribeTimeoutMs: 300 }), await stage.connect()];
      const inbox = new Inbox(DEADLINE_MS);
      await server.stop();
      try {
        await waitUntilDisconnected(alice);
        const refused = expect.objectContaining({ code: "TRANSPORT" });
        await expect(alice.pubsub.publish(task.id, encodeText("lost"))).rejects.toEqual(refused);
        await expect(alice.pubsub.subscribe(task.id, inbox.listener)).rejects.toEqual(refused);
      } finally {
        await server.start();
      }
      await publishUntilReceived(bob.pubsub, task.id, inbox);
      expect(inbox.has(encodeText("lost"))).toBe(false);
    });

    it("keeps no more than 16 MiB for a broker that reads nothing", async ({ task }) => {
      const { pubsub } = await stage.connect();
      const large = new Uint8Array(Math.min(pubsub.maxMessageBytes ?? Number.POSITIVE_INFINITY, 1_048_576));
      await pubsub.publish(task.id, large);
      server.freeze();
      const refusals: string[] = [];
      for (let bytes = 0; bytes < 20_000_000; bytes += large.length) {
        Promise.resolve(pubsub.publish(task.id, large)).catch((error: Error) => refusals.push(error.message));
      }
      await new Promise(setImmediate);
      server.thaw();
      expect(refusals.length).toBeGreaterThan(0);
      expect(new Set(refusals.map((refusal) => refusal.replace(/\d+ bytes/, "some bytes"))).size).toBe(1);
      expect(refusals[0]).toMatch(/bytes wait already .* at most 16777216 may/);
    });

    it("stays disconnected, and says so, when a client gives up or is closed", async ({ task }) => {
      const { giveUp, ...close } = await stage.connect({ subscribeTimeoutMs: 300 });
      if (giveUp === undefined) return;
      await Promise.all([waitUntilDisconnected(close), giveUp()]);
      const refused = expect.objectContaining({ code: "TRANSPORT" });
      await expect(close.pubsub.publish(task.id, encodeText("lost"))).rejects.toEqual(refused);
      await expect(close.pubsub.subscribe(task.id, () => {})).rejects.toEqual(refused);
    });

    it("brings a message once, however often its topic was asked for", async ({ task }) => {
      const { pubsub } = await stage.connect();
      const inbox = new Inbox(DEADLINE_MS);
      for (let time = 0; time < 3; time++) await pubsub.subscribe(task.id, inbox.listener);
      for (const words of ["hello", "goodbye"]) await pubsub.publish(task.id, encodeText(words));
      await inbox.receives(encodeText("goodbye"));
      expect(inbox.messages.filter((message) => areEqual(message, encodeText("hello")))).toHaveLength(1);
    });

    it("leaves the user's clients open, and neither subscription nor listener behind", async ({ task }) => {
      const [alice, bob] = [await stage.connect(), await stage.connect()];
      const inbox = new Inbox(DEADLINE_MS);
      await alice.pubsub.subscribe(task.id, inbox.listener);
      await alice.pubsub.close();
      await alice.ping();
      const { listeners = () => 0 } = alice;
      await waitUntil(
        () => listeners() === 0,
        () => `${listeners()} listeners to go`,
      );
      await bob.pubsub.publish(task.id, encodeText("anybody?"));
      await bob.ping();
      expect(inbox.messages).toEqual([]);
    });

    it("refuses to be used after close, with a code", async () => {
      const { pubsub } = await stage.connect();
      await pubsub.close();
      const closed = expect.objectContaining({ code: "CLOSED" });
      await expect(pubsub.publish("lobby", new Uint8Array(1))).rejects.toEqual(closed);
      await expect(pubsub.subscribe("lobby", () => {})).rejects.toEqual(closed);
    });

    trackersSuite(stage);
    more?.(stage);
  });
}

/** The rules about lost connections, where they are lost in one more way. */
export function testReconnect(
  what: string,
  stage: Pick<DriverSuiteContext, "connect">,
  interrupt: (topic: string) => Promise<unknown>,
): void {
  for (const { rule, run } of pubSubContract.filter(({ rule }) => rule.includes("lost"))) {
    it(`${rule}, when ${what}`, async ({ task }) => {
      const [alice, bob] = [await stage.connect(), await stage.connect()];
      const cast = { alice: alice.pubsub, bob: bob.pubsub, topic: task.id };
      await run({ ...cast, deadlineMs: DEADLINE_MS, interrupt: async () => void (await interrupt(task.id)) });
    });
  }
}
