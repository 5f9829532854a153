import type { TopicListing } from "../crdt/live-entry.ts";
import type { PresenceSet, PresenceSetOptions } from "../crdt/presence-set.ts";
import type { ReplicaIncarnation } from "../wire/replica-message.ts";
import type { DepartingPresences } from "./departures/departing-presences.ts";

/** The options of a `Replication`. All values have been checked, and all times are in ms. */
export interface ReplicationOptions {
  /** The identity of this replica at the start. */
  readonly self: ReplicaIncarnation;
  /** The period of everything except local changes. */
  readonly broadcastPeriodMs: number;
  /** The heartbeat interval is this number plus one, times `broadcastPeriodMs`. */
  readonly maxSilentPeriods: number;
  /** The silence after which a replica is down: its presences are hidden. */
  readonly downPeriodMs: number;
  /** The silence after which a replica is permdown: it is forgotten. */
  readonly permdownPeriodMs: number;
  /** How long local changes are collected into one delta. Jitter adds up to as much again. */
  readonly flushDelayMs: number;
  /** How long a presence stays listed after its owner has ended. */
  readonly leaveDelayMs: number;
  /** How long the presences of a peer may linger after it has left, whatever it says. Default: no limit. */
  readonly maxPeerLeaveDelayMs?: number;
  /** The most peers that this replica keeps. As many again may have left and linger. Default: no limit. */
  readonly maxReplicas?: number;
  /** Returns a number from 0 to below 1, for the jitter. */
  readonly random: () => number;
  /** Returns an id that was never used before. */
  readonly newId: () => string;
  /** Called before each local join and update. It throws to refuse them. */
  readonly admit?: PresenceSetOptions["admit"];
  /** Makes it a replication of counts: each presence of the set stands for a number of presences. */
  readonly counts?: CountHooks;
}

/** The part of a replication of counts in the protocol. */
export interface CountHooks {
  /** Whether `beforeFlush` has changes to add. */
  readonly hasChanges: boolean;
  /** The topic of this name, for an entry of the set, whose own lists stay empty. */
  readonly topicOf: (name: string) => TopicListing;
  /** Called before the changes of the set are taken for sending. It may add changes of our own. */
  beforeFlush(set: PresenceSet): void;
  /** The presences behind the numbers of the set. */
  departing(set: PresenceSet): DepartingPresences;
}
