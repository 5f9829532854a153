import type { Fragment, Operation } from "../crdt/fragment.ts";
import type { Intervals } from "../crdt/intervals.ts";

/**
 * One start of one replica.
 *
 * @example
 * const sender: Sender = { name: "tokyo", id: "V1StGXR8_Z5j", startedAt: Date.now() };
 */
export interface ReplicaIncarnation {
  /** The `replicaName`: the same over restarts, where the user gave one. At most 255 bytes. */
  readonly name: string;
  /** Unique to this start of it. At most 255 bytes. */
  readonly id: string;
  /** Wall-clock ms; only orders the starts of one name. */
  readonly startedAt: number;
}

/**
 * What every message carries beside its content.
 *
 * @example
 * const envelope: Envelope = { sender, counter: 1 };
 */
export interface Envelope {
  /** Who says it. */
  readonly sender: ReplicaIncarnation;
  /** Rises with each message of its sender. */
  readonly counter: number;
}

/**
 * A replica and how far we know it.
 *
 * @example
 * const other: Advertised = { name: "paris", id: "4f90d13a42", startedAt: 0, seen: Intervals.range(1, 9) };
 */
export interface AdvertisedReplica extends ReplicaIncarnation {
  /** Its events that we have seen. */
  readonly seen: Intervals;
}

/**
 * What the sender has seen, of itself and of others, and an impression of what stands of its own.
 *
 * @example
 * const heartbeat: Heartbeat = { type: "heartbeat", seen, digest: set.digestOf(set.replica), leaveDelayMs: 0, others: [] };
 */
export interface Heartbeat {
  /** Tells the kinds of message apart. */
  readonly type: "heartbeat";
  /** Our own. */
  readonly seen: Intervals;
  /** A 32-bit digest of our own live dots. */
  readonly digest: number;
  /** How long our presences linger once we are gone, in ms. */
  readonly leaveDelayMs: number;
  /** Every other replica that is up. */
  readonly others: readonly AdvertisedReplica[];
}

/**
 * "Send me what I lack of these replicas."
 *
 * @example
 * const pull: Pull = { type: "pull", to: "paris", request: 1, wants: [{ replica: "paris", seen: set.seenOf("paris") }] };
 */
export interface Pull {
  /** Tells the kinds of message apart. */
  readonly type: "pull";
  /** The id of the replica that is asked. */
  readonly to: string;
  /** Numbers the asker's pulls: its answer carries the same. */
  readonly request: number;
  /** Which replicas, by their ids, and what the asker has seen of each. */
  readonly wants: readonly { readonly replica: string; readonly seen: Intervals }[];
}

/**
 * "I am going for good."
 *
 * @example
 * const leaving: Leaving = { type: "leaving", lingerMs: 5_000 };
 */
export interface Leaving {
  /** Tells the kinds of message apart. */
  readonly type: "leaving";
  /** How long our presences may linger, in ms. */
  readonly lingerMs: number;
}

/**
 * The changes of the sender since its last delta.
 *
 * @example
 * const delta: OutgoingDelta = { type: "delta", seen: set.seenOf(set.replica), steps: set.takeSteps() };
 */
export interface OutgoingDelta {
  /** Tells the kinds of message apart. */
  readonly type: "delta";
  /** Our own, these changes included. */
  readonly seen: Intervals;
  /** As `takeSteps` gives them: of one take, or of several in the order in which they were taken. */
  readonly operations: readonly Operation[];
}

/**
 * The answer to one pull, whole.
 *
 * @example
 * const push: OutgoingPush = { type: "push", to: "paris", request: 1, fragments: [set.catchUp("tokyo", seen)!] };
 */
export interface OutgoingPush {
  /** Tells the kinds of message apart. */
  readonly type: "push";
  /** The id of the replica that asked. */
  readonly to: string;
  /** The number of the pull that is answered. */
  readonly request: number;
  /** One a replica. */
  readonly fragments: readonly Fragment[];
}

/**
 * What a replica has to say. `encode` cuts it into as many messages as it takes.
 *
 * @example
 * const outgoing: Outgoing = { type: "delta", seen: set.seenOf(set.replica), steps: set.takeSteps() };
 */
export type OutgoingMessage = OutgoingDelta | OutgoingPush | Heartbeat | Pull | Leaving;

/**
 * A delta as it arrives.
 *
 * @example
 * if (message.type === "delta") set.merge(message.fragment);
 */
export interface Delta {
  /** Tells the kinds of message apart. */
  readonly type: "delta";
  /** The sender's own, as far as it was published with this message. */
  readonly seen: Intervals;
  /** Of the sender's slice. */
  readonly fragment: Fragment;
}

/**
 * A part of an answer as it arrives. `Answer` puts the parts together.
 *
 * @example
 * if (message.type === "push") for (const fragment of answer.receive(message)) set.merge(fragment);
 */
export interface Push {
  /** Tells the kinds of message apart. */
  readonly type: "push";
  /** The id of the replica that asked. */
  readonly to: string;
  /** The number of the pull that is answered. */
  readonly request: number;
  /** Which part this is, from 0. */
  readonly part: number;
  /** How many there are. */
  readonly parts: number;
  /** How many of them, the first ones, only add presences. The rest are merged as one, after all of these. */
  readonly addingParts: number;
  /** One a replica. */
  readonly fragments: readonly Fragment[];
}

/**
 * A message as it arrives.
 *
 * @example
 * if (message.type === "delta") set.merge(message.fragment);
 */
export type ReplicaMessage = Envelope & (Delta | Push | Heartbeat | Pull | Leaving);
