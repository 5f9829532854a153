export { type ManualClock, manualClock } from "./manual-clock.ts";
export type { NetworkConditions, RangeMs } from "./network/conditions.ts";
export type { NetworkCounts } from "./network/links.ts";
export { type LossyNetwork, type LossyNetworkOptions, lossyNetwork } from "./network/lossy-network.ts";
export type { Outage } from "./network/node-connection.ts";
export { type ContractRule, type PubSubRule, pubSubContract } from "./pubsub-contract.ts";
export type { ContractCast } from "./pubsub-rules/rule-run.ts";
export { seededRandom } from "./seeded-random.ts";
export { BrokenPromiseError } from "./simulation/broken-promise-error.ts";
export {
  type SimulatedTraffic,
  type SimulateOptions,
  type Simulation,
  simulate,
} from "./simulation/simulate.ts";
export { SimulatedNode } from "./simulation/simulated-node.ts";
export type { SimulatedTrackerOptions } from "./simulation/tracker-times.ts";
