export { type CountFetch, type Counts, countOnly } from "./count-only.ts";
export { createPresence } from "./create-presence.ts";
export type { PresenceEvents, ProjectedDiff } from "./events.ts";
export type { DiffMessage, PresenceMessage, ProjectedChange, StateMessage } from "./message.ts";
export type { Cause, Fetch, KeyListener, PresenceOptions } from "./options.ts";
export type { Presence } from "./presence.ts";
