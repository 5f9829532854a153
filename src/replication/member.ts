import { Intervals } from "../crdt/intervals.ts";
import type { ReplicaIncarnation } from "../wire/replica-message.ts";
import { AnsweredPulls } from "./answered-pulls.ts";

/** What this replica knows about a peer, in addition to the peer's slice of the set. */
export interface Member {
  readonly sender: ReplicaIncarnation;
  status: "up" | "down";
  /** When its last sign of life arrived, for inspection. */
  heardAt: number;
  /** The time from which its silence counts. Later than `heardAt` if this replica could not hear it in between. */
  silentSince: number;
  /** The highest message counter heard so far. A message without a higher one is not a sign of life. */
  counter: number;
  /**
   * The `leaveDelayMs` of its latest heartbeat: how long its presences linger at most after it has left. `undefined` until a
   * heartbeat arrives.
   */
  leaveDelayMs: number | undefined;
  /** Whether more than one of its messages was a sign of life. An invented replica often sends one only. */
  isConfirmed: boolean;
  /** How many times as long as ours its heartbeat interval counts: from 1 to 10. */
  slowness: number;
  /** What it has seen of this replica, and when it last said so. `undefined` until it lists this replica. */
  reported: { readonly seen: Intervals; readonly at: number } | undefined;
  /** The numbers of its claims that have arrived. */
  readonly claims: Intervals;
  /** The latest claims of any replica that it has granted, by `claimKey`. */
  readonly granted: Set<string>;
  /** When its first message arrived. */
  readonly addedAt: number;
  /** Its pulls that this replica has answered. */
  readonly answeredPulls: AnsweredPulls;
  /** What it last advertised of itself. */
  advertised: Intervals;
  /** What it advertised of itself first after it came up. `undefined` until then, and again once `isCaughtUp` is true. */
  requiredSeen: Intervals | undefined;
  /** Whether this replica has caught up with it: has seen everything in `requiredSeen`. */
  isCaughtUp: boolean;
}

/** The member record of a replica whose first message has just arrived. */
export function newMember(sender: ReplicaIncarnation, now: number): Member {
  return {
    sender,
    status: "up",
    heardAt: now,
    silentSince: now,
    counter: -1,
    leaveDelayMs: undefined,
    isConfirmed: false,
    slowness: 1,
    reported: undefined,
    claims: Intervals.empty(),
    granted: new Set(),
    addedAt: now,
    answeredPulls: new AnsweredPulls(),
    advertised: Intervals.empty(),
    requiredSeen: undefined,
    isCaughtUp: false,
  };
}

/** Orders the incarnations of one name: negative if `one` started before `other`. */
export function compareIncarnations(one: ReplicaIncarnation, other: ReplicaIncarnation): number {
  if (one.startedAt !== other.startedAt) return one.startedAt - other.startedAt;
  return one.id < other.id ? -1 : Number(one.id > other.id);
}
