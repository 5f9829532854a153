import type { BrokerName } from "../../scripts/brokers/recipes.ts";
import { broadcastChannelPubSub } from "../../src/pubsub/broadcast-channel.ts";
import { clusterPubSub } from "../../src/pubsub/cluster.ts";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import { type DriverName, drivers } from "../../test/brokers/support/drivers.ts";

/** What carries messages from one node to another: a broker, by one of its clients, or what Node has built in. */
export type TransportName = DriverName | "cluster" | "broadcastChannel";

/** The broker that it needs, if any. */
export function brokerOf(medium: TransportName): BrokerName | undefined {
  return isDriver(medium) ? drivers[medium].broker : undefined;
}

/** One end of it, for a tracker. */
export async function pubSubOver(medium: TransportName, port: number): Promise<PubSub> {
  if (medium === "cluster") return clusterPubSub();
  if (medium === "broadcastChannel") return broadcastChannelPubSub();
  return (await drivers[medium].connect(port)).pubsub;
}

function isDriver(medium: TransportName): medium is DriverName {
  return medium in drivers;
}
