import { type BrokerServer, startBroker } from "../../../scripts/brokers/broker-server.ts";
import { type DriverName, drivers } from "../../../scripts/brokers/drivers.ts";
import { brokerRecipes } from "../../../scripts/brokers/recipes.ts";
import { type BrokerProxy, startProxy } from "./broker-proxy.ts";
import { NodeProcess } from "./node-process.ts";
import type { NodeStartOptions } from "./presence-node.ts";

/** What a story about a cluster over a broker is told with. */
export interface BrokerCluster {
  readonly server: BrokerServer;
  /** Its port is the broker's, if none is given. */
  readonly node: (
    name: string,
    options?: NodeStartOptions & { readonly port?: number },
  ) => Promise<NodeProcess>;
  /** Everybody sees everybody. */
  readonly threeNodes: (
    portOfTokyo?: number,
  ) => Promise<{ tokyo: NodeProcess; paris: NodeProcess; lima: NodeProcess; all: NodeProcess[] }>;
  readonly proxy: () => Promise<BrokerProxy>;
}

/** Plays on a broker of its own, and leaves nothing behind. */
export async function withBrokerCluster(
  driver: DriverName,
  program: string,
  play: (stage: BrokerCluster) => Promise<void>,
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
    await play({
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
          for (const { diary } of all) await diary.until(() => diary.keys.has(key), key);
        }
        return { tokyo, paris, lima, all };
      },
      async proxy() {
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
