import { Client, Pool } from "pg";
import { expect, it, onTestFinished } from "vitest";
import { drivers } from "../../scripts/brokers/drivers.ts";
import { postgresUrl } from "../../scripts/brokers/recipes.ts";
import { postgresPubSub } from "../../src/pubsub/postgres.ts";
import { Inbox } from "../../src/testing/pubsub-rules/inbox.ts";
import { encodeText } from "../../src/testing/pubsub-rules/rule-run.ts";
import { driverSuite, testReconnect } from "./driver-suite.ts";
import { startProxy } from "./support/broker-proxy.ts";
import { fastTracker, waitForCount } from "./support/trackers.ts";
import { DEADLINE_MS, publishUntilReceived } from "./support/wait-for-delivery.ts";

const TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()";

driverSuite("postgresPubSub", drivers.postgres, (context) => {
  testReconnect("its backend is terminated", context, async () => {
    const client = new Client(postgresUrl(context.server.port));
    await client.connect();
    await client.query(`${TERMINATE} AND backend_type = 'client backend'`);
    await client.end();
  });

  it("makes createTracker reject with the reason if the server is unreachable", async () => {
    const { pubsub } = await context.connect({}, 1);
    await expect(fastTracker(pubsub)).rejects.toMatchObject({
      code: "TRANSPORT",
      message: expect.stringMatching(/^The PostgreSQL server did not subscribe to rollcall:.*ECONNREFUSED/),
    });
  });

  it("replaces a half-open connection", async ({ task }) => {
    const proxy = await startProxy(context.server.port);
    onTestFinished(() => proxy.close());
    const { pubsub } = await context.connect({ subscribeTimeoutMs: 300 }, proxy.port);
    const inbox = new Inbox(DEADLINE_MS);
    await pubsub.subscribe(task.id, inbox.listener);
    proxy.pause();
    await expect(pubsub.publish(task.id, encodeText("lost?"))).rejects.toThrow(
      "it did not answer within 300 ms",
    );
    await publishUntilReceived(pubsub, task.id, inbox);
  });

  it("waits for a pool without a free connection", async ({ task }) => {
    const connectionString = postgresUrl(context.server.port);
    const pool = new Pool({ connectionString, max: 1 });
    const client = await pool.connect();
    // Only now, because this first connection may take longer on a busy machine.
    pool.options.connectionTimeoutMillis = 100;
    const pubsub = postgresPubSub({ pool });
    const inbox = new Inbox(DEADLINE_MS);
    await expect(pubsub.subscribe(task.id, inbox.listener)).rejects.toMatchObject({ code: "TRANSPORT" });
    client.release();
    await publishUntilReceived(pubsub, task.id, inbox);
    await pubsub.close();
    await pool.end();
  });

  it("delivers a state of 50 000 presences in messages of 8 000 bytes", async () => {
    const [tokyoConnection, parisConnection] = [await context.connect(), await context.connect()];
    const tokyo = await fastTracker(tokyoConnection.pubsub);
    for (let visitor = 0; visitor < 50_000; visitor++) {
      tokyo.track(`session ${visitor}`, "lobby", `visitor ${visitor}`);
    }
    const paris = await fastTracker(parisConnection.pubsub);
    await waitForCount(paris, 50_000);
    for (const tracker of [tokyo, paris]) await tracker.close();
  });
});
