export {
  type ClusterEvent,
  type ClusterScenario,
  type ClusterScenarioOptions,
  clusterScenarios,
  runScenario,
} from "../../../test/support/arbitraries/cluster-scenarios.ts";
export { fragments, intervals } from "../../../test/support/arbitraries/fragments.ts";
export type { ModelPresence, ReplicaModel } from "../../../test/support/replica-model.ts";
export { type Delivery, deliveries } from "./deliveries.ts";
export { type DiffStep, diffs } from "./diffs.ts";
export { type HistoryEvent, type HistoryOptions, histories, randomNumbers } from "./histories.ts";
export { metas, names } from "./names-and-metas.ts";
export { type PlayedHistory, playHistory } from "./play-history.ts";
export { type PresenceStreamMessage, type PresenceStreamStep, presenceStreams } from "./presence-streams.ts";
