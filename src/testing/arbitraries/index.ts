export { type DiffStep, diffs } from "./diffs.ts";
export type { HistoryOptions } from "./histories.ts";
export { metas, names } from "./names-and-metas.ts";
export { type PresenceStreamMessage, type PresenceStreamStep, presenceStreams } from "./presence-streams.ts";
