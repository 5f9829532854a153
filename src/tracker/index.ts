export { createTracker } from "./create-tracker.ts";
export type { Diagnostics, DiagnosticsOrigin } from "./diagnostics.ts";
export type { ReplicaName, TrackerEvents } from "./events.ts";
export type { TrackerOptions } from "./options.ts";
export type { DispatchingOwner, EmittingOwner, Owner } from "./owner-end.ts";
export type { ReplicaInfo } from "./replica-info.ts";
export {
  type AsJson,
  type MetaSchema,
  metaOf,
  type SchemaIssue,
  type SchemaResult,
} from "./standard-schema.ts";
export type { Tracker } from "./tracker.ts";
export type { Traffic } from "./transport.ts";
