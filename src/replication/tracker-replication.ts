import type { PresenceView } from "./presence-view.ts";
import type { Replication } from "./replication.ts";

/** The reads of a tracker, which are the same however presences replicate. */
export type TrackerPresences = Omit<
  Pick<PresenceView, keyof PresenceView>,
  "presencesOfReplica" | "isShown" | "ownPendingLeaveCount"
>;

/** The part of a replication that a tracker uses. A `Replication` replicates presences, and a `CountReplication` counts. */
export interface TrackerReplication
  extends Pick<
    Replication,
    | "self"
    | "members"
    | "tombstones"
    | "hearing"
    | "lingering"
    | "join"
    | "update"
    | "revive"
    | "leave"
    | "leaveAll"
    | "end"
    | "step"
  > {
  readonly presences: TrackerPresences;
}
