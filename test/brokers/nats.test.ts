import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { BrokerServer } from "../../scripts/brokers/broker-server.ts";
import { drivers } from "../../scripts/brokers/drivers.ts";
import { driverSuite, testReconnect } from "./driver-suite.ts";
import { natsPermissions } from "./nats-permissions.ts";
import { type BrokerProxy, startProxy } from "./support/broker-proxy.ts";
import { startConfiguredNats } from "./support/configured-nats.ts";
import { fastTracker, waitForCount } from "./support/trackers.ts";

driverSuite("natsPubSub", drivers.nats, (context) => {
  it("splits a state into messages of max_payload of the server", async () => {
    const { server } = await startConfiguredNats("max_payload: 4096");
    onTestFinished(() => server.remove());
    const connections = [await context.connect({}, server.port), await context.connect({}, server.port)];
    expect(connections[0]!.pubsub.maxMessageBytes).toBe(4_096);
    const tokyo = await fastTracker(connections[0]!.pubsub);
    for (let visitor = 0; visitor < 2_000; visitor++)
      tokyo.track(`session ${visitor}`, "lobby", `visitor ${visitor}`);
    const paris = await fastTracker(connections[1]!.pubsub);
    await waitForCount(paris, 2_000);
    for (const tracker of [tokyo, paris]) await tracker.close();
  });

  describe("on a server with a small max_pending", () => {
    let server: BrokerServer;
    let proxy: BrokerProxy;

    beforeAll(async () => {
      ({ server } = await startConfiguredNats("max_pending: 1048576"));
      proxy = await startProxy(server.port);
    });

    afterAll(async () => {
      proxy.close();
      await server.remove();
    });

    const throughProxy = { connect: () => context.connect({}, proxy.port) };

    testReconnect("it reads so slowly that the server disconnects it", throughProxy, async (topic) => {
      const { pubsub } = await context.connect({}, server.port);
      const countDisconnects = () => server.log.split("Slow Consumer Detected: MaxPending").length;
      const before = countDisconnects();
      proxy.pause();
      while (countDisconnects() === before) await pubsub.publish(topic, new Uint8Array(1_048_576));
      proxy.resume();
    });
  });

  natsPermissions(context);
});
