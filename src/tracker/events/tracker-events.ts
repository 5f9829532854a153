import type { RollcallError } from "../../errors.ts";
import type { Diff, Meta } from "../../payload.ts";
import type { Cause } from "../../replication/events.ts";

export type { Cause };

/**
 * A start of a replica, as events name it.
 *
 * @example
 * tracker.on("replica-down", ({ name, id }) => console.log(`${name} (${id}) is silent`));
 */
export interface ReplicaIdentity {
  /** Its `replicaName`. */
  readonly name: string;
  /** Unique to this start of it. */
  readonly id: string;
}

/** The names of all events, for who is given one at run time. */
export const TRACKER_EVENT_NAMES: { readonly [Name in keyof TrackerEvents]: true } = {
  diff: true,
  "replica-up": true,
  "replica-down": true,
  "replica-permdown": true,
  warning: true,
  error: true,
};

/**
 * The events of a tracker, and what their listeners get.
 *
 * @example
 * const onDiff = (...[diff, cause]: TrackerEvents["diff"]) => console.log(cause, [...diff.keys()]);
 */
export type TrackerEvents<M extends object = Meta> = {
  /** After every change, here or elsewhere. Replayed from the start, diffs give the list, order aside. */
  diff: [diff: Diff<M>, cause: Cause];
  /** A replica was heard for the first time, or again. */
  "replica-up": [replica: ReplicaIdentity];
  /** A replica was silent for `downPeriodMs`: its presences are hidden. */
  "replica-down": [replica: ReplicaIdentity];
  /** A replica went, was replaced by a later start, or was silent for `permdownPeriodMs`: it is forgotten. */
  "replica-permdown": [replica: ReplicaIdentity];
  /** Something that should not be was found, and taken care of. */
  warning: [warning: RollcallError];
  /** The transport failed, or a listener threw. Where nobody listens, the process emits it as a warning. */
  error: [error: Error];
};
