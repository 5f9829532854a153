export { createTracker } from "./create-tracker.ts";
export type { Diagnostics, DiagnosticsOrigin } from "./events/diagnostics.ts";
export type { Cause, Hearing, ReplicaIdentity, TrackerEvents } from "./events/tracker-events.ts";
export type { AsJson, JsonObject, MetaArgument, MetaUpdate, NonJsonMember } from "./meta/meta-types.ts";
export {
  type MetaSchema,
  metaOf,
  type SchemaIssue,
  type SchemaResult,
} from "./meta/standard-schema.ts";
export type { TrackerOptions } from "./options/tracker-options.ts";
export type { DispatchingOwner, EmittingOwner, Owner } from "./owners/owner.ts";
export type { ReplicaInfo } from "./replicas/replica-info.ts";
export { Tracker } from "./tracker.ts";
export type { Traffic } from "./transport/transport.ts";
