export { type CountFetch, type Counts, countOnly } from "./count-only.ts";
export { createPresence } from "./create-presence.ts";
export { Presence } from "./presence.ts";
export type { PresenceEvents, ProjectedDiff } from "./presence-events.ts";
export type {
  DiffMessage,
  MessageText,
  PresenceMessage,
  ProjectedChange,
  StateMessage,
} from "./presence-message.ts";
export type { Fetch, KeyListener, PresenceOptions } from "./presence-options.ts";
export type { SubscribeOptions } from "./subscribe-options.ts";
export type { Subscription } from "./subscription.ts";
