import type { Fragment, Step } from "../crdt/fragment.ts";
import type { Intervals } from "../crdt/intervals.ts";

/**
 * One start of one replica.
 *
 * @example
 * const sender: Sender = { name: "tokyo", id: "V1StGXR8_Z5j", startedAt: Date.now() };
 */
export interface Sender {
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
  readonly sender: Sender;
  /** Rises with each message of its sender. */
  readonly counter: number;
}

/**
 * A replica and how far we know it.
 *
 * @example
 * const other: Advertised = { name: "paris", id: "4f90d13a42", startedAt: 0, seen: Intervals.range(1, 9) };
 */
export interface Advertised extends Sender {
  readonly seen: Intervals;
}

/** What the sender has seen of its own events, and an impression of those that stand. */
export interface Heartbeat {
  readonly type: "heartbeat";
  /** Our own. */
  readonly seen: Intervals;
  /** A 32-bit digest of our own live dots. */
  readonly digest: number;
  /** How long our presences linger once we are gone, in ms. */
  readonly leaveDelayMs: number;
  /** Every other replica that is up. */
  readonly others: readonly Advertised[];
}

/** "Send me what I lack of these replicas." */
export interface Pull {
  readonly type: "pull";
  /** The id of the replica that is asked. */
  readonly to: string;
  /** Numbers the asker's pulls: its answer carries the same. */
  readonly request: number;
  readonly wants: readonly { readonly replica: string; readonly seen: Intervals }[];
}

/** "I am going for good." */
export interface Leaving {
  readonly type: "leaving";
  /** How long our presences may linger, in ms. */
  readonly lingerMs: number;
}

/** The changes of the sender since its last delta, as `takeSteps` gives them. */
export interface OutgoingDelta {
  readonly type: "delta";
  /** Our own, these changes included. */
  readonly seen: Intervals;
  readonly steps: readonly Step[];
}

/** The answer to one pull, whole. */
export interface OutgoingPush {
  readonly type: "push";
  /** The id of the replica that asked. */
  readonly to: string;
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
export type Outgoing = OutgoingDelta | OutgoingPush | Heartbeat | Pull | Leaving;

/** A delta as it arrives. */
export interface Delta {
  readonly type: "delta";
  /** The sender's own, as far as it was published with this message. */
  readonly seen: Intervals;
  /** Of the sender's slice. */
  readonly fragment: Fragment;
}

/** A part of an answer as it arrives. `Answer` puts the parts together. */
export interface Push {
  readonly type: "push";
  readonly to: string;
  readonly request: number;
  /** Which part this is, from 0. */
  readonly part: number;
  /** How many there are. */
  readonly parts: number;
  /** How many of them, the first ones, only add presences. The rest are merged as one, after all of these. */
  readonly adding: number;
  readonly fragments: readonly Fragment[];
}

/**
 * A message as it arrives.
 *
 * @example
 * if (message.type === "delta") set.merge(message.fragment);
 */
export type Message = Envelope & (Delta | Push | Heartbeat | Pull | Leaving);
