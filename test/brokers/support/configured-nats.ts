import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BrokerServer, startBroker } from "../../../scripts/brokers/broker-server.ts";
import { brokerRecipes } from "../../../scripts/brokers/recipes.ts";

/** Starts a NATS server with the given configuration, which `reconfigure` can replace while it runs. */
export async function startConfiguredNats(
  config: string,
): Promise<{ server: BrokerServer; reconfigure: (config: string) => Promise<void> }> {
  const { nats } = brokerRecipes;
  let path = "";
  const server = await startBroker({
    ...nats,
    prepare(folder) {
      path = join(folder, "nats.conf");
      writeFileSync(path, config);
    },
    args: (port, folder) => [...nats.args(port, folder), "--config", join(folder, "nats.conf")],
  });
  return {
    server,
    async reconfigure(config) {
      writeFileSync(path, config);
      await server.reload("Reloaded server configuration");
    },
  };
}
