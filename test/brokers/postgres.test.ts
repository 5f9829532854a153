import { Client } from "pg";
import { it } from "vitest";
import { counts, driverSuite, interruptedBy, quickTracker } from "./driver-suite.ts";
import { drivers } from "./support/drivers.ts";
import { postgresUrl } from "./support/recipes.ts";

const TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()";

driverSuite("postgresPubSub", drivers.postgres, (stage) => {
  interruptedBy("its backend is terminated", stage, async () => {
    const client = new Client(postgresUrl(stage.server.port));
    await client.connect();
    await client.query(`${TERMINATE} AND backend_type = 'client backend'`);
    await client.end();
  });

  it("brings a state of 50 000 through messages of 8 000 bytes", async () => {
    const [tokyos, parises] = [await stage.connect(), await stage.connect()];
    const tokyo = await quickTracker(tokyos.pubsub);
    for (let visitor = 0; visitor < 50_000; visitor++) {
      tokyo.track(`session ${visitor}`, "lobby", `visitor ${visitor}`);
    }
    const paris = await quickTracker(parises.pubsub);
    await counts(paris, 50_000);
    for (const tracker of [tokyo, paris]) await tracker.close();
  });
});
