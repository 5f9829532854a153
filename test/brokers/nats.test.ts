import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { BrokerServer } from "../../scripts/brokers/broker-server.ts";
import { drivers } from "../../scripts/brokers/drivers.ts";
import { driverSuite, testReconnect } from "./driver-suite.ts";
import { natsPermissions } from "./nats-permissions.ts";
import { type BrokerProxy, startProxy } from "./support/broker-proxy.ts";
import { startConfiguredNats } from "./support/configured-nats.ts";
import { fastTracker, waitForCount } from "./support/trackers.ts";

driverSuite("natsPubSub", drivers.nats, (stage) => {
  it("splits a state to what the server allows", async () => {
    const { server } = await startConfiguredNats("max_payload: 4096");
    onTestFinished(() => server.remove());
    const ends = [await stage.connect({}, server.port), await stage.connect({}, server.port)];
    expect(ends[0]!.pubsub.maxMessageBytes).toBe(4_096);
    const tokyo = await fastTracker(ends[0]!.pubsub);
    for (let visitor = 0; visitor < 2_000; visitor++)
      tokyo.track(`session ${visitor}`, "lobby", `visitor ${visitor}`);
    const paris = await fastTracker(ends[1]!.pubsub);
    await waitForCount(paris, 2_000);
    for (const tracker of [tokyo, paris]) await tracker.close();
  });

  describe("on a server of little patience", () => {
    let server: BrokerServer;
    let line: BrokerProxy;

    beforeAll(async () => {
      ({ server } = await startConfiguredNats("max_pending: 1048576"));
      line = await startProxy(server.port);
    });

    afterAll(async () => {
      line.close();
      await server.remove();
    });

    const throughLine = { connect: () => stage.connect({}, line.port) };

    testReconnect("it reads so slowly that the server cuts it off", throughLine, async (topic) => {
      const { pubsub } = await stage.connect({}, server.port);
      const timesCutOff = () => server.log.split("Slow Consumer Detected: MaxPending").length;
      const before = timesCutOff();
      line.pause();
      while (timesCutOff() === before) await pubsub.publish(topic, new Uint8Array(1_048_576));
      line.resume();
    });
  });

  natsPermissions(stage);
});
