import type { Change } from "../crdt/change.ts";
import type { PresenceRecord } from "../crdt/live-entry.ts";
import type { RollcallError } from "../errors.ts";
import type { OutgoingMessage, ReplicaIncarnation, ReplicaMessage } from "../wire/replica-message.ts";

/** What happens to a replica from outside. Local changes are the verbs of `Replication`. */
export type ReplicationEvent =
  /** It is subscribed, and begins. */
  | { readonly type: "start" }
  /** The alarm went off. Early is harmless. */
  | { readonly type: "tick" }
  /** A message came in: whose, for whom and how old does not matter. */
  | { readonly type: "message"; readonly message: ReplicaMessage }
  /** The transport lost its connection, or has it back. */
  | { readonly type: "disconnected" }
  | { readonly type: "connected" }
  /** It is to go for good, and others are to let its presences linger for so long. */
  | { readonly type: "close"; readonly lingerMs: number };

/** Why readers see something else now: a change here; a change elsewhere; a replica that came, went or was caught up with. */
export type Cause = "local" | "remote" | "replica";

/** What a call that joins, updates or revives a presence did. */
export interface LocalChange {
  /** The presence as it is now. */
  readonly presence: PresenceRecord;
  /** What the caller has to do about it, in this order. */
  readonly effects: readonly ReplicationEffect[];
}

/** What is to be done about it, in this order. */
export type ReplicationEffect =
  /** Publish this for all, or for the one that it names. It is split, numbered and stamped there. */
  | { readonly type: "publish"; readonly sender: ReplicaIncarnation; readonly outgoing: OutgoingMessage }
  /** Tell readers. */
  | { readonly type: "diff"; readonly change: Change; readonly cause: Cause }
  /** Call `step` with a tick at this time, and no longer at the one that was set before. */
  | { readonly type: "alarm"; readonly at: number }
  /** A replica changed its status. */
  | {
      readonly type: "replica";
      readonly status: "up" | "down" | "permdown";
      readonly replica: ReplicaIncarnation;
    }
  /** We hear nothing, not even ourselves: subscribe anew. */
  | { readonly type: "resubscribe" }
  /** We have another id now: subscribe to its messages in place of the former's. */
  | { readonly type: "renamed"; readonly to: ReplicaIncarnation }
  /** All that others had is here. Once. */
  | { readonly type: "synced" }
  /** All is said; nothing follows. */
  | { readonly type: "closed" }
  /** Something that should not be was found, and is taken care of. */
  | { readonly type: "warning"; readonly warning: RollcallError };
