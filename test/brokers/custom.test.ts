import { readFileSync } from "node:fs";
import { connectAsync, type MqttClient } from "mqtt";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type BrokerServer, startBroker } from "../../scripts/brokers/broker-server.ts";
import { brokerRecipes, isInstalled } from "../../scripts/brokers/recipes.ts";
import { pubSubContract } from "../../src/testing/index.ts";
import { mqttPubSub } from "./mqtt-driver.ts";
import { DEADLINE_MS } from "./support/wait-for-delivery.ts";

describe.skipIf(!isInstalled("mosquitto"))("the MQTT driver in docs/drivers/custom.md", () => {
  let server: BrokerServer;
  const clients: MqttClient[] = [];

  beforeAll(async () => {
    server = await startBroker(brokerRecipes.mosquitto);
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
  });

  afterAll(() => server.remove());

  for (const { rule, run } of pubSubContract) {
    it(rule, async ({ task }) => {
      const cast = {
        alice: mqttPubSub({ client: await client() }),
        bob: mqttPubSub({ client: await client() }),
      };
      const interrupt = () => server.restart();
      await run({ ...cast, topic: task.id, deadlineMs: DEADLINE_MS, interrupt });
    });
  }

  async function client(): Promise<MqttClient> {
    const connected = await connectAsync(`mqtt://127.0.0.1:${server.port}`, { reconnectPeriod: 50 });
    connected.on("error", () => {});
    clients.push(connected);
    return connected;
  }
});

it("docs/drivers/custom.md shows the tested driver in about thirty lines", () => {
  const page = readFileSync(new URL("../../docs/drivers/custom.md", import.meta.url), "utf8");
  const source = readFileSync(new URL("./mqtt-driver.ts", import.meta.url), "utf8");
  const shown = /```ts\n(.*?)```/s.exec(page)![1]!;
  expect(shown).toBe(source.replace("../../src/index.ts", "rollcall"));
  const lines = shown.slice(shown.indexOf("export function")).trim().split("\n");
  expect(lines.length).toBeLessThanOrEqual(33);
});
