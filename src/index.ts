export * from "./errors.ts";
export type { DeepReadonly, Diff, Json, Meta, MutableState, PresenceMeta, State } from "./payload.ts";
export * from "./presence/index.ts";
export { memoryPubSub } from "./pubsub/memory.ts";
export type { Listener, PubSub } from "./pubsub/pubsub.ts";
export {
  HeartbeatIntervalError,
  NotHeardError,
  ReplicateModeError,
  ResubscribingError,
  TooManyReplicasError,
} from "./replication/replication-errors.ts";
export { type Clock, systemClock } from "./time/clock.ts";
export * from "./tracker/index.ts";
