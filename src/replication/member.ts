import { Intervals } from "../crdt/intervals.ts";
import type { ReplicaIncarnation } from "../wire/replica-message.ts";

/** What we know of another start of a replica, beside its slice of the set. */
export interface Member {
  readonly sender: ReplicaIncarnation;
  status: "up" | "down";
  /** When it was last heard, for inspection. */
  heardAt: number;
  /** From when on its silence counts: later than `heardAt` where we could not have heard it. */
  silentSince: number;
  /** The highest counter that was heard. What is not above it is no sign of life. */
  counter: number;
  /** How long its presences linger once it is gone. */
  leaveDelayMs: number;
  /** What it last said that it has seen of us, and of others that we know, by their ids; and when. */
  readonly reportedSeen: Map<string, { readonly seen: Intervals; readonly at: number }>;
  /** The highest number of a pull of its that we answered. */
  lastAnsweredRequest: number;
  /** What it last said that it has itself seen of its own. */
  advertised: Intervals;
  /**
   * What it said it has when it came up: until we have that too, what comes of it is no news to readers, and
   * after an absence it stays hidden. `undefined` until it said so.
   */
  requiredSeen: Intervals | undefined;
  /** Whether we have all of the debt. */
  isCaughtUp: boolean;
}

/** A replica that was just heard for the first time. */
export function newMember(sender: ReplicaIncarnation, now: number): Member {
  return {
    sender,
    status: "up",
    heardAt: now,
    silentSince: now,
    counter: -1,
    leaveDelayMs: 0,
    reportedSeen: new Map(),
    lastAnsweredRequest: -1,
    advertised: Intervals.empty(),
    requiredSeen: undefined,
    isCaughtUp: false,
  };
}

/** Orders the starts of one name: below 0 where `one` began before `other`. */
export function compareIncarnations(one: ReplicaIncarnation, other: ReplicaIncarnation): number {
  if (one.startedAt !== other.startedAt) return one.startedAt - other.startedAt;
  return one.id < other.id ? -1 : Number(one.id > other.id);
}
