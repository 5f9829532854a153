import type { Change } from "../crdt/change.ts";
import type { PresenceRecord } from "../crdt/live-entry.ts";
import type { RollcallError } from "../errors.ts";
import type { OutgoingMessage, ReplicaIncarnation, ReplicaMessage } from "../wire/replica-message.ts";
import type { CountChange } from "./counts/count-change.ts";

/** What happens to a replica from outside. Calls that change its own presences are verbs of `Replication`. */
export type ReplicationEvent =
  /** The transport is subscribed. */
  | { readonly type: "start" }
  /** The alarm is due. An early tick is harmless. */
  | { readonly type: "tick" }
  /** A message arrived. It may be this replica's own, a duplicate, late, or for another replica. */
  | {
      readonly type: "message";
      readonly message: ReplicaMessage;
      /** The highest counter of the messages that this replica has sent. Without it, no counter is too high. */
      readonly sentCounter?: number;
    }
  /** The transport lost its connection. */
  | { readonly type: "disconnected" }
  /** The transport is connected again. */
  | { readonly type: "connected" }
  /** This replica leaves for good, and its presences linger at its peers for `lingerMs`. */
  | { readonly type: "close"; readonly lingerMs: number };

/**
 * Why presences joined or left: `"local"` is a change on this node, `"remote"` a change on another node, and `"replica"` means
 * that a replica came up, went down, left, or has not been caught up with yet.
 *
 * @example
 * const isOurs = (cause: Cause) => cause === "local";
 */
export type Cause = "local" | "remote" | "replica";

/**
 * Whether this node and the cluster hear each other: `"deaf"` means that this node receives nothing, and `"mute"` that
 * nobody receives what it sends.
 *
 * @example
 * tracker.on("hearing", (hearing: Hearing) => console.log(hearing === "ok" ? "connected again" : hearing));
 */
export type Hearing = "ok" | "deaf" | "mute";

/** The result of a verb that leaves a presence behind. */
export interface LocalChange {
  /** The presence as it is now. */
  readonly presence: PresenceRecord;
  /** The effects that the caller has to carry out, in this order. */
  readonly effects: readonly ReplicationEffect[];
}

/** One thing that the caller of a verb has to do. */
export type ReplicationEffect =
  /** Number, encode and publish this message. A `pull` or `push` goes to the replica that it names, the rest to all. */
  | { readonly type: "publish"; readonly sender: ReplicaIncarnation; readonly outgoing: OutgoingMessage }
  /** Report this change to readers. */
  | { readonly type: "diff"; readonly change: Change; readonly cause: Cause }
  /** Report these changes of numbers to readers: a replication of counts has this in place of `diff`. */
  | { readonly type: "counts"; readonly changes: readonly CountChange[]; readonly cause: Cause }
  /** Presences of these owners of ours have left. A replication of counts reports this apart from the numbers. */
  | { readonly type: "owners-left"; readonly owners: readonly number[] }
  /** Call `step` with a tick at this time, instead of the time set before. */
  | { readonly type: "alarm"; readonly at: number }
  /** Report the new status of a replica. */
  | {
      readonly type: "replica";
      readonly status: "up" | "down" | "permdown";
      readonly replica: ReplicaIncarnation;
    }
  /** Unsubscribe from both topics and subscribe again: this replica hears nothing, not even itself. */
  | { readonly type: "resubscribe" }
  /** Subscribe to the topic of the new id and unsubscribe from that of the old one. */
  | { readonly type: "renamed"; readonly to: ReplicaIncarnation }
  /** Report that this replica and the cluster have not heard each other for `forMs`, or do so again. */
  | {
      readonly type: "hearing";
      readonly hearing: Hearing;
      readonly former: Hearing;
      readonly forMs: number;
      /** Whether the transport has a connection, as far as it knows. */
      readonly isConnected: boolean;
    }
  /** Report that the initial sync is complete. Happens once. */
  | { readonly type: "synced" }
  /** Stop the alarm and unsubscribe: this replica has published its last message. */
  | { readonly type: "closed" }
  /** Report something that was wrong and has been handled. */
  | { readonly type: "warning"; readonly warning: RollcallError };
