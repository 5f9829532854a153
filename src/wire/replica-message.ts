import type { Fragment, Operation } from "../crdt/fragment.ts";
import type { Intervals } from "../crdt/intervals.ts";

/**
 * One incarnation of a replica.
 *
 * @example
 * const sender: ReplicaIncarnation = { name: "tokyo", id: "V1StGXR8_Z5j", startedAt: Date.now() };
 */
export interface ReplicaIncarnation {
  /** The `replicaName`. It survives a restart if the user chose it. At most 255 bytes. */
  readonly name: string;
  /** Unique to this incarnation. At most 255 bytes. */
  readonly id: string;
  /** Wall-clock time in ms. It only orders the incarnations of one name. */
  readonly startedAt: number;
}

/**
 * What a replica replicates: its presences, or only how many there are of each topic and key. Replicas of different modes
 * cannot read each other.
 *
 * @example
 * const mode: ReplicateMode = "counts";
 */
export type ReplicateMode = "presences" | "counts";

/**
 * The part that all kinds of messages have.
 *
 * @example
 * const envelope: Envelope = { sender, counter: 1 };
 */
export interface Envelope {
  /** The replica that sends the message. */
  readonly sender: ReplicaIncarnation;
  /** Rises with each message of its sender. */
  readonly counter: number;
}

/**
 * A replica, and the dots of it that the sender of a heartbeat has seen.
 *
 * @example
 * const seen = Intervals.range(1, 9);
 * const other: AdvertisedReplica = { name: "paris", id: "4f90d13a42", startedAt: 0, seen };
 */
export interface AdvertisedReplica extends ReplicaIncarnation {
  /** The dots of this replica that the sender has seen. */
  readonly seen: Intervals;
}

/**
 * Claims a pending leave for a newcomer: a presence of the sender that has just joined. The pending leave is superseded.
 *
 * @example
 * const claim: Claim = { number: 1, replica: "paris", upTo: 12, topic: "article:7", key: "readers" };
 */
export interface Claim {
  /** Counts the claims of the sender, from 1. A replica takes each claim once, however often it arrives. */
  readonly number: number;
  /** The replica with the pending leave. `undefined` claims a presence of any replica that has left. */
  readonly replica: string | undefined;
  /** Only a pending leave with this number or a lower one is claimed. 0 if the replica has left. */
  readonly upTo: number;
  /** The topic of the newcomer and the pending leave. */
  readonly topic: string;
  /** The key of the newcomer and the pending leave. */
  readonly key: string;
}

/**
 * The answer to a claim, by the replica with the pending leave.
 *
 * @example
 * const answer: ClaimAnswer = { claimer: "tokyo", number: 1, isGranted: true };
 */
export interface ClaimAnswer {
  /** The id of the replica that sent the claim. */
  readonly claimer: string;
  /** The number of the claim. */
  readonly number: number;
  /** Whether a pending leave has been superseded. */
  readonly isGranted: boolean;
}

/**
 * What a replica says about pending leaves, so that a newcomer supersedes at most one in the whole cluster.
 *
 * @example
 * const handover: Handover = { lastPendingLeave: 12, pendingLeaves: [7], claims: [], answers: [] };
 */
export interface Handover {
  /** How many pending leaves the sender has had so far. They are numbered from 1. */
  readonly lastPendingLeave: number;
  /** The dots of presences of the sender that are pending leaves. A delta has the new ones, a heartbeat all. */
  readonly pendingLeaves: readonly number[];
  /** Claims of the sender. A delta has the new ones, a heartbeat all that still matter. */
  readonly claims: readonly Claim[];
  /** The sender's answers to claims of others. */
  readonly answers: readonly ClaimAnswer[];
}

/**
 * States what the sender has seen of every replica, with a digest of its own slice.
 *
 * @example
 * const digest = set.digestOf(set.replica);
 * const times = { leaveDelayMs: 0, heartbeatIntervalMs: 4_500 };
 * const heartbeat: Heartbeat = { type: "heartbeat", seen, digest, ...times, others: [] };
 */
export interface Heartbeat {
  /** The kind of the message. */
  readonly type: "heartbeat";
  /** The sender's own dots. */
  readonly seen: Intervals;
  /** A 32-bit digest of the sender's own live dots. */
  readonly digest: number;
  /** How long the sender's presences linger after it has left, in ms. */
  readonly leaveDelayMs: number;
  /** The longest time between two heartbeats of the sender, in ms. */
  readonly heartbeatIntervalMs: number;
  /** Every other replica that is up. */
  readonly others: readonly AdvertisedReplica[];
  /** What the sender says about pending leaves, if anything. */
  readonly handover?: Handover | undefined;
}

/**
 * Asks a peer for the missing ranges of some replicas.
 *
 * @example
 * const wants = [{ replica: "paris", seen: set.seenOf("paris") }];
 * const pull: Pull = { type: "pull", to: "paris", request: 1, wants };
 */
export interface Pull {
  /** The kind of the message. */
  readonly type: "pull";
  /** The id of the replica that should answer. */
  readonly to: string;
  /** The number of this pull, which the answer repeats. */
  readonly request: number;
  /** The ids of the wanted replicas, with the dots of each that the sender has seen. */
  readonly wants: readonly { readonly replica: string; readonly seen: Intervals }[];
}

/**
 * Announces that the sender leaves for good.
 *
 * @example
 * const leaving: Leaving = { type: "leaving", lingerMs: 5_000, lastDot: 42 };
 */
export interface Leaving {
  /** The kind of the message. */
  readonly type: "leaving";
  /** How long the sender's presences may linger, in ms. */
  readonly lingerMs: number;
  /** The sender's last dot, or 0. A peer that has seen all dots up to it knows all of the sender's presences. */
  readonly lastDot: number;
}

/**
 * A delta to send: the changes of the sender since its last delta.
 *
 * @example
 * const seen = set.seenOf(set.replica);
 * const delta: OutgoingDelta = { type: "delta", seen, operations: set.takeOperations() };
 */
export interface OutgoingDelta {
  /** The kind of the message. */
  readonly type: "delta";
  /** The sender's own dots, including these changes. */
  readonly seen: Intervals;
  /** The operations of one or several `takeOperations`, in the order in which they were taken. */
  readonly operations: readonly Operation[];
  /** What the sender says about pending leaves, if anything. */
  readonly handover?: Handover | undefined;
}

/**
 * The complete answer to one pull, to be sent.
 *
 * @example
 * const fragments = [set.catchUp("tokyo", seen)!];
 * const push: OutgoingPush = { type: "push", to: "paris", request: 1, fragments };
 */
export interface OutgoingPush {
  /** The kind of the message. */
  readonly type: "push";
  /** The id of the replica that sent the pull. */
  readonly to: string;
  /** The number of the pull. */
  readonly request: number;
  /** One fragment per replica. */
  readonly fragments: readonly Fragment[];
}

/**
 * A message to send. `encode` splits it if it is too long.
 *
 * @example
 * const outgoing: OutgoingMessage = { type: "leaving", lingerMs: 0, lastDot: 0 };
 */
export type OutgoingMessage = OutgoingDelta | OutgoingPush | Heartbeat | Pull | Leaving;

/**
 * A received delta, or a part of one.
 *
 * @example
 * if (message.type === "delta") set.merge(message.fragment);
 */
export interface Delta {
  /** The kind of the message. */
  readonly type: "delta";
  /** The sender's own dots that it had published once this message was out. */
  readonly seen: Intervals;
  /** A fragment of the sender's slice. */
  readonly fragment: Fragment;
  /** What the sender says about pending leaves, if anything. */
  readonly handover?: Handover | undefined;
}

/**
 * A received part of the answer to a pull. `PushAssembler` puts the parts together.
 *
 * @example
 * if (message.type === "push") for (const fragment of assembler.receive(message)) set.merge(fragment);
 */
export interface Push {
  /** The kind of the message. */
  readonly type: "push";
  /** The id of the replica that sent the pull. */
  readonly to: string;
  /** The number of the pull. */
  readonly request: number;
  /** The index of this part, from 0. */
  readonly part: number;
  /** The number of parts. */
  readonly parts: number;
  /**
   * The number of adding parts, which come first and contain presences only. The others are the closing parts: they
   * contain the leaves and the rest of `seen`, and are merged together once all parts have arrived.
   */
  readonly addingParts: number;
  /** At most one fragment per replica. */
  readonly fragments: readonly Fragment[];
}

/**
 * A received message.
 *
 * @example
 * if (message.type === "delta") set.merge(message.fragment);
 */
export type ReplicaMessage = Envelope & (Delta | Push | Heartbeat | Pull | Leaving);
