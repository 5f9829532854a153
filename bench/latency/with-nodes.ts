import { startBroker } from "../../scripts/brokers/broker-server.ts";
import { brokerRecipes, isInstalled } from "../../scripts/brokers/recipes.ts";
import { clusterPubSub } from "../../src/pubsub/cluster.ts";
import type { Figure } from "../figure.ts";
import { relayBare } from "./bare-clients.ts";
import { LatencyNodeProcess } from "./latency-node-process.ts";
import type { Replicated } from "./timed-nodes.ts";
import { brokerOf, type TransportName } from "./transports.ts";

/** Measures with `count` nodes over a broker of their own. Without that broker, it prints the reason and measures nothing. */
export async function withNodes(
  transport: TransportName,
  count: number,
  measure: (nodes: readonly LatencyNodeProcess[]) => Promise<Figure[]>,
  replicated: Replicated = "presences",
): Promise<Figure[]> {
  const broker = brokerOf(transport);
  if (broker !== undefined && !isInstalled(broker)) return [];
  const server = broker && (await startBroker(brokerRecipes[broker]));
  if (transport === "cluster") {
    clusterPubSub();
    relayBare();
  }
  const nodes: LatencyNodeProcess[] = [];
  try {
    while (nodes.length < count)
      nodes.push(await LatencyNodeProcess.start(transport, server?.port ?? 0, replicated));
    return await measure(nodes);
  } finally {
    for (const node of nodes) await node.stop();
    await server?.remove();
  }
}
