import { startBroker } from "../../scripts/brokers/broker-server.ts";
import { brokerRecipes, isInstalled } from "../../scripts/brokers/recipes.ts";
import { clusterPubSub } from "../../src/pubsub/cluster.ts";
import type { Figure } from "../figure.ts";
import { relayBare } from "./bare-clients.ts";
import { LatencyNodeProcess } from "./latency-node-process.ts";
import { brokerOf, type TransportName } from "./transports.ts";

/** Measures with so many nodes, over a broker of their own. Where that is not installed, a line says so, and that is all. */
export async function withNodes(
  medium: TransportName,
  count: number,
  measure: (peers: readonly LatencyNodeProcess[]) => Promise<Figure[]>,
): Promise<Figure[]> {
  const broker = brokerOf(medium);
  if (broker !== undefined && !isInstalled(broker)) return [];
  const server = broker && (await startBroker(brokerRecipes[broker]));
  if (medium === "cluster") {
    clusterPubSub();
    relayBare();
  }
  const peers: LatencyNodeProcess[] = [];
  try {
    while (peers.length < count) peers.push(await LatencyNodeProcess.start(medium, server?.port ?? 0));
    return await measure(peers);
  } finally {
    for (const peer of peers) await peer.end();
    await server?.remove();
  }
}
