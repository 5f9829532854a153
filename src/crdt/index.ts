export type { Change } from "./change.ts";
export { type Fragment, fragmentOf, type LeavePair, type LiveDot, type Operation } from "./fragment.ts";
export { Intervals } from "./intervals.ts";
export type { PresenceRecord } from "./live-entry.ts";
export { PresenceSet, type PresenceSetOptions } from "./presence-set.ts";
