export type { DeepReadonly, Json, Meta, PresenceMeta, State } from "../payload.ts";
export { type CountStore, type CountStoreOptions, createCountStore } from "./count-store.ts";
export type { FeedMessage, FeedOptions, PresenceChannel } from "./feed.ts";
export { PresenceClient } from "./presence-client.ts";
export {
  noPresences,
  type PendingDiff,
  type PresenceAction,
  presenceReducer,
  type ReducedPresences,
} from "./presence-reducer.ts";
export {
  type BaseEntry,
  list,
  type OnJoin,
  type OnLeave,
  type PresenceDiff,
  type PresenceEntry,
  type PresenceState,
} from "./presence-state.ts";
export { createPresenceStore, type PresenceStore } from "./presence-store.ts";
export { type CountDiff, type CountState, syncCounts } from "./sync-counts.ts";
export { syncDiff } from "./sync-diff.ts";
export { syncState } from "./sync-state.ts";
