import { startServer } from "../../scripts/brokers/broker-server.ts";
import { isInstalled, recipes } from "../../scripts/brokers/recipes.ts";
import { clusterPubSub } from "../../src/pubsub/cluster.ts";
import type { Figure } from "../figure.ts";
import { relayBare } from "./bare-clients.ts";
import { Peer } from "./latency-node-process.ts";
import { brokerOf, type Medium } from "./transports.ts";

/** Measures with so many nodes, over a broker of their own. Where that is not installed, a line says so, and that is all. */
export async function amongPeers(
  medium: Medium,
  count: number,
  measure: (peers: readonly Peer[]) => Promise<Figure[]>,
): Promise<Figure[]> {
  const broker = brokerOf(medium);
  if (broker !== undefined && !isInstalled(broker)) return [];
  const server = broker && (await startServer(recipes[broker]));
  if (medium === "cluster") {
    clusterPubSub();
    relayBare();
  }
  const peers: Peer[] = [];
  try {
    while (peers.length < count) peers.push(await Peer.start(medium, server?.port ?? 0));
    return await measure(peers);
  } finally {
    for (const peer of peers) await peer.end();
    await server?.remove();
  }
}
