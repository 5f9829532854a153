import { type BrokerServer, startBroker } from "../../../scripts/brokers/broker-server.ts";
import { type DriverName, drivers } from "../../../scripts/brokers/drivers.ts";
import { brokerRecipes } from "../../../scripts/brokers/recipes.ts";
import { type BrokerProxy, startProxy } from "./broker-proxy.ts";
import { NodeProcess } from "./node-process.ts";
import type { NodeStartOptions } from "./presence-node.ts";

/** A broker, and ways to start nodes and proxies for it. */
export interface BrokerCluster {
  readonly server: BrokerServer;
  /** Starts a node. It connects to the broker unless another port is given. */
  readonly node: (
    name: string,
    options?: NodeStartOptions & { readonly port?: number },
  ) => Promise<NodeProcess>;
  /** Starts three nodes with one presence each, and waits until all nodes list all three. */
  readonly threeNodes: (
    portOfTokyo?: number,
  ) => Promise<{ tokyo: NodeProcess; paris: NodeProcess; lima: NodeProcess; all: NodeProcess[] }>;
  readonly startProxy: () => Promise<BrokerProxy>;
}

/** Runs a test on its own broker, and then stops the broker, the nodes and the proxies. */
export async function withBrokerCluster(
  driver: DriverName,
  program: string,
  run: (cluster: BrokerCluster) => Promise<void>,
): Promise<void> {
  const server = await startBroker(brokerRecipes[drivers[driver].broker]);
  const nodes: NodeProcess[] = [];
  const proxies: BrokerProxy[] = [];
  const node: BrokerCluster["node"] = async (name, { port = server.port, ...options } = {}) => {
    const started = new NodeProcess(name, program);
    nodes.push(started);
    await started.start(driver, port, options);
    return started;
  };
  try {
    await run({
      server,
      node,
      async threeNodes(port = server.port) {
        const [tokyo, paris, lima] = await Promise.all([
          node("tokyo", { port }),
          node("paris"),
          node("lima"),
        ]);
        tokyo.track("alice");
        paris.track("bob");
        lima.track("carol");
        const all = [tokyo, paris, lima];
        for (const key of ["alice", "bob", "carol"]) {
          for (const { log } of all) await log.until(() => log.keys.has(key), key);
        }
        return { tokyo, paris, lima, all };
      },
      async startProxy() {
        const proxy = await startProxy(server.port);
        proxies.push(proxy);
        return proxy;
      },
    });
  } finally {
    await Promise.all(nodes.map((each) => each.kill()));
    for (const proxy of proxies) proxy.close();
    await server.remove();
  }
}
