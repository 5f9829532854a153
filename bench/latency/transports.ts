import { type DriverName, drivers } from "../../scripts/brokers/drivers.ts";
import type { BrokerName } from "../../scripts/brokers/recipes.ts";
import { broadcastChannelPubSub } from "../../src/pubsub/broadcast-channel.ts";
import { clusterPubSub } from "../../src/pubsub/cluster.ts";
import type { PubSub } from "../../src/pubsub/pubsub.ts";

/** A transport between nodes: a broker through one of its clients, or one that is built into Node. */
export type TransportName = DriverName | "cluster" | "broadcastChannel";

/** The broker that the transport needs, if any. */
export function brokerOf(transport: TransportName): BrokerName | undefined {
  return isDriver(transport) ? drivers[transport].broker : undefined;
}

/** A pub/sub over the transport. */
export async function pubSubOver(transport: TransportName, port: number): Promise<PubSub> {
  if (transport === "cluster") return clusterPubSub();
  if (transport === "broadcastChannel") return broadcastChannelPubSub();
  return (await drivers[transport].connect(port)).pubsub;
}

function isDriver(transport: TransportName): transport is DriverName {
  return transport in drivers;
}
