import { Pool } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BrokerServer, startBroker } from "../../scripts/brokers/broker-server.ts";
import {
  brokerRecipes,
  isPgBouncerInstalled,
  pgBouncerRecipe,
  postgresUrl,
} from "../../scripts/brokers/recipes.ts";
import { postgresPubSub } from "../../src/pubsub/postgres.ts";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { pubSubContract } from "../../src/testing/index.ts";
import { collectLosses, fastTracker, waitForCount } from "./support/trackers.ts";
import { DEADLINE_MS } from "./support/wait-for-delivery.ts";

describe.skipIf(!isPgBouncerInstalled())("postgresPubSub behind PgBouncer", () => {
  let postgres: BrokerServer;
  let pgBouncer: BrokerServer;
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    postgres = await startBroker(brokerRecipes.postgres);
  });

  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
  });

  afterAll(() => postgres.remove());

  function connect({ max = 10, subscribeTimeoutMs = 10_000, port = pgBouncer.port } = {}): PubSub {
    const pool = new Pool({ connectionString: postgresUrl(port), connectionTimeoutMillis: 5_000, max });
    const pubsub = postgresPubSub({ pool, subscribeTimeoutMs });
    closers.push(async () => {
      await pubsub.close();
      await pool.end();
    });
    return pubsub;
  }

  describe.each(["transaction", "statement"] as const)("in %s mode", (mode) => {
    beforeAll(async () => {
      pgBouncer = await startBroker(pgBouncerRecipe(postgres.port, mode));
    });

    afterAll(() => pgBouncer.remove());

    it.each([10, 1])("makes createTracker reject with advice, with a pool of %i", async (max) => {
      const pubsub = connect({ max, subscribeTimeoutMs: 1_000 });
      await expect(fastTracker(pubsub)).rejects.toMatchObject({
        code: "TRANSPORT",
        message: expect.stringMatching(
          /^The PostgreSQL server accepts our messages but does not send them back: .* within 1000 ms\..*connect to PostgreSQL directly, or through a pooler in session mode\. PgBouncer in transaction/,
        ),
      });
    });

    it("rejects while another node on the same pooler keeps sending", async () => {
      const [busy, late] = [connect(), connect({ subscribeTimeoutMs: 1_000 })];
      let isDone = false;
      const sending = (async () => {
        while (!isDone) await busy.publish("rollcall:all", new Uint8Array(100));
      })();
      await expect(fastTracker(late)).rejects.toMatchObject({ code: "TRANSPORT" });
      await expect(
        Promise.all([late.publish("rollcall:all", new Uint8Array(1)), fastTracker(late)]),
      ).rejects.toThrow("does not send them back");
      isDone = true;
      await sending;
    });
  });

  describe("in session mode", () => {
    beforeAll(async () => {
      pgBouncer = await startBroker(pgBouncerRecipe(postgres.port, "session"));
    });

    afterAll(() => pgBouncer.remove());

    for (const { rule, run } of pubSubContract) {
      it(rule, async ({ task }) => {
        const [alice, bob] = [connect(), connect()];
        const interrupt = () => pgBouncer.restart();
        await run({ alice, bob, topic: task.id, deadlineMs: DEADLINE_MS, interrupt });
      });
    }

    it.each([10, 1])("connects trackers, with pools of %i", async (max) => {
      const [tokyo, paris] = [
        await fastTracker(connect({ max })),
        await fastTracker(connect({ max, port: postgres.port })),
      ];
      const losses = collectLosses(tokyo, paris);
      tokyo.track("session 1", "lobby", "alice");
      paris.track("session 2", "lobby", "bob");
      for (const tracker of [tokyo, paris]) await waitForCount(tracker, 2);
      expect(losses).toEqual([]);
      for (const tracker of [tokyo, paris]) await tracker.close();
    });
  });
});
