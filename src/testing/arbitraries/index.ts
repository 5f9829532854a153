export {
  type ClusterEvent,
  type ClusterOptions,
  type ClusterStory,
  clusters,
  enact,
} from "../../../test/support/arbitraries/cluster-scenarios.ts";
export { fragments, seens } from "../../../test/support/arbitraries/fragments.ts";
export type { Fact, Truth } from "../../../test/support/replica-model.ts";
export { type Delivery, deliveries } from "./deliveries.ts";
export { type DiffStep, diffs } from "./diffs.ts";
export { dice, type HistoryEvent, type HistoryOptions, histories } from "./histories.ts";
export { metas, names } from "./names-and-metas.ts";
export { play, type Story } from "./play-history.ts";
export { type PresenceMessage, type PresenceStreamStep, presenceStreams } from "./presence-streams.ts";
