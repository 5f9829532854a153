export { type ClusterEvent, type ClusterOptions, type ClusterStory, clusters, enact } from "./clusters.ts";
export { type Delivery, deliveries } from "./deliveries.ts";
export { type DiffStep, diffs } from "./diffs.ts";
export { fragments, seens } from "./fragments.ts";
export { dice, type HistoryEvent, type HistoryOptions, histories } from "./histories.ts";
export { play, type Story } from "./play.ts";
export { type PresenceMessage, type PresenceStreamStep, presenceStreams } from "./presence-streams.ts";
export type { Fact, Truth } from "./truth.ts";
export { metas, names } from "./values.ts";
