import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { counts, driverSuite, quickTracker } from "./driver-suite.ts";
import { drivers } from "./support/drivers.ts";
import { recipes } from "./support/recipes.ts";
import { startServer } from "./support/server.ts";

driverSuite("natsPubSub", drivers.nats, () => {
  it("splits a state to what the server allows", async () => {
    const { nats } = recipes;
    const server = await startServer({
      ...nats,
      prepare: (folder) => writeFileSync(join(folder, "nats.conf"), "max_payload: 4096"),
      args: (port, folder) => [...nats.args(port, folder), "--config", join(folder, "nats.conf")],
    });
    const ends = [await drivers.nats.connect(server.port), await drivers.nats.connect(server.port)];
    expect(ends[0]!.pubsub.maxMessageBytes).toBe(4_096);
    const tokyo = await quickTracker(ends[0]!.pubsub);
    for (let visitor = 0; visitor < 2_000; visitor++)
      tokyo.track(`session ${visitor}`, "lobby", `visitor ${visitor}`);
    const paris = await quickTracker(ends[1]!.pubsub);
    await counts(paris, 2_000);
    for (const tracker of [tokyo, paris]) await tracker.close();
    for (const { end } of ends) await end();
    await server.remove();
  });
});
