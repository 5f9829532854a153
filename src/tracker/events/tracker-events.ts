import type { RollcallError } from "../../errors.ts";
import type { Diff, Meta } from "../../payload.ts";
import type { Cause, Hearing } from "../../replication/events.ts";

export type { Cause, Hearing };

/**
 * One incarnation of a replica: one start of it.
 *
 * @example
 * tracker.on("replica-down", ({ name, id }) => console.log(`${name} (${id}) is down`));
 */
export interface ReplicaIdentity {
  /** The `replicaName` of the node. */
  readonly name: string;
  /** Unique to this incarnation. */
  readonly id: string;
}

/** The names of all events, to check a name at run time. */
export const TRACKER_EVENT_NAMES: { readonly [Name in keyof TrackerEvents]: true } = {
  diff: true,
  "replica-up": true,
  "replica-down": true,
  "replica-permdown": true,
  warning: true,
  error: true,
  hearing: true,
};

/**
 * The events of a tracker and the parameters of their listeners.
 *
 * @example
 * const onDiff = (...[diff, cause]: TrackerEvents["diff"]) => console.log(cause, [...diff.keys()]);
 */
export type TrackerEvents<M extends object = Meta> = {
  /** Presences joined or left, on this node or on another. All diffs since the start add up to the list, order aside. */
  diff: [diff: Diff<M>, cause: Cause];
  /** A replica was heard for the first time, or again after it was down. */
  "replica-up": [replica: ReplicaIdentity];
  /** A replica was silent for `downPeriodMs`. Its presences are hidden until it is heard again. */
  "replica-down": [replica: ReplicaIdentity];
  /** A replica left, was replaced by a later incarnation, or was silent for `permdownPeriodMs`. It is forgotten. */
  "replica-permdown": [replica: ReplicaIdentity];
  /** The tracker found a problem and handled it. The `code` says which. */
  warning: [warning: RollcallError];
  /** The transport failed, or a listener threw. Without a listener it becomes a process warning; it is never thrown. */
  error: [error: Error];
  /**
   * This node and the others have not heard each other for `downPeriodMs`, or, with `"ok"`, they do again. An `error` with code
   * `NOT_HEARD` comes with the first of an outage.
   */
  hearing: [hearing: Hearing];
};
