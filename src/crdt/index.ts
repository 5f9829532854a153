export type { Change } from "./change.ts";
export { type Fragment, fragmentOf, type LeavePair, type LiveDot, type Step } from "./fragment.ts";
export { Intervals } from "./intervals.ts";
export type { Presence } from "./live-entry.ts";
export { PresenceSet, type PresenceSetOptions } from "./presence-set.ts";
