import type { Change } from "../crdt/change.ts";
import { Intervals } from "../crdt/intervals.ts";
import type { PresenceRecord } from "../crdt/live-entry.ts";
import type { PresenceSet } from "../crdt/presence-set.ts";
import type { ReplicaIncarnation } from "../wire/replica-message.ts";
import type { Member } from "./member.ts";
import { type PendingLeave, PendingLeaves, presenceKey } from "./pending-leaves.ts";
import type { Step } from "./step.ts";

/** A replica that has left, while its presences are still listed. */
export interface LingeringReplica {
  readonly sender: ReplicaIncarnation;
  readonly heardAt: number;
  /** When it is forgotten. */
  until: number;
  readonly pendingLeaves: readonly PendingLeave[];
}

/**
 * Delays the leaves of our own owners that have ended and of replicas that have left. A pending leave becomes a leave when
 * its time is over, or in the same diff in which a new presence with the same topic and key supersedes it.
 */
export class Departures {
  readonly #set: PresenceSet;
  readonly #step: Step;
  readonly #leaveDelayMs: number;
  readonly #pendingLeaves = new PendingLeaves();
  readonly #lingering = new Map<string, LingeringReplica>();
  /** The presences that have superseded a pending leave. Each supersedes one only, however many replicas leave. */
  readonly #successors = new WeakSet<PresenceRecord>();

  constructor(set: PresenceSet, step: Step, leaveDelayMs: number) {
    this.#set = set;
    this.#step = step;
    this.#leaveDelayMs = leaveDelayMs;
  }

  lingering(): IterableIterator<LingeringReplica> {
    return this.#lingering.values();
  }

  get lingeringCount(): number {
    return this.#lingering.size;
  }

  get nextAt(): number {
    let next = this.#pendingLeaves.nextAt;
    for (const { until } of this.#lingering.values()) next = Math.min(next, until);
    return next;
  }

  /** The number of pending leaves with this topic and key. */
  countAt(topic: string, key: string): number {
    return this.#pendingLeaves.countAt(topic, key);
  }

  /** Whether this presence of one of our own owners is a pending leave. */
  isPending(owner: number, topic: string, key: string): boolean {
    return this.#pendingLeaves.find(owner, topic, key) !== undefined;
  }

  /** Cancels the pending leave of one of our own owners. */
  revive(owner: number, topic: string, key: string): void {
    const pending = this.#pendingLeaves.find(owner, topic, key);
    if (pending !== undefined) this.#pendingLeaves.delete(pending);
  }

  /** Forgets a lingering replica after `lingerMs`, unless it is forgotten earlier anyway. */
  shortenLinger(id: string, lingerMs: number): void {
    const lingering = this.#lingering.get(id);
    if (lingering === undefined) return;
    lingering.until = Math.min(lingering.until, this.#step.now + lingerMs);
    this.expireLingering();
  }

  /** Makes the presences of one of our own owners pending leaves. Without a leave delay, they leave in the returned change. */
  ownerEnded(owner: number): Change {
    if (this.#leaveDelayMs === 0) return this.#set.leaveAll(owner);
    const dueAt = this.#step.now + this.#leaveDelayMs;
    for (const { topic, key, dot } of this.#set.presencesOf(owner).sort(byDot)) {
      if (this.#pendingLeaves.find(owner, topic, key)) continue;
      this.#pendingLeaves.add({ replica: undefined, owner, topic, key, dot }, dueAt);
    }
    return { joins: [], leaves: [] };
  }

  /** Makes the presences of a replica that has left pending leaves for `lingerMs`. */
  linger({ sender, heardAt, reportedSeen }: Member, lingerMs: number): void {
    const pendingLeaves = this.#set.presencesOfReplica(sender.id).sort(byDot).map(pendingLeaveOf);
    for (const pending of pendingLeaves) this.#pendingLeaves.add(pending);
    this.#lingering.set(sender.id, { sender, heardAt, until: this.#step.now + lingerMs, pendingLeaves });
    this.#step.diff(
      { joins: [], leaves: this.#supersededBeforeLeaving(pendingLeaves, reportedSeen) },
      "replica",
    );
  }

  /** Returns the same change, with the leaves that its joins supersede. */
  addSuperseded(change: Change): Change {
    if (this.#pendingLeaves.isEmpty) return change;
    for (const presence of change.leaves) this.#left(presence);
    const superseded: PresenceRecord[] = [];
    const left = new Set(change.leaves.map(presenceKey));
    for (const presence of change.joins) {
      // An update supersedes nothing, but a presence whose join and update arrive together is new.
      if (presence.replaced !== 0 && left.has(presenceKey(presence))) continue;
      const oldest = this.#pendingLeaves.takeOldest(presence.topic, presence.key);
      if (oldest !== undefined) superseded.push(...this.#supersede(oldest, presence));
    }
    return superseded.length === 0
      ? change
      : { joins: change.joins, leaves: [...change.leaves, ...superseded] };
  }

  /** Ends our own pending leaves that are due. */
  takeDue(): Change {
    const leaves = this.#pendingLeaves
      .takeDue(this.#step.now)
      .flatMap((pending) => this.#end(pending).leaves);
    return { joins: [], leaves };
  }

  /** Forgets the lingering replicas whose time is over. */
  expireLingering(): void {
    for (const [id, { sender, until, pendingLeaves }] of this.#lingering) {
      if (this.#step.now < until) continue;
      for (const pending of pendingLeaves) this.#pendingLeaves.delete(pending);
      this.#lingering.delete(id);
      this.#step.diff(this.#set.forget(id), "replica");
      this.#step.add({ type: "replica", status: "permdown", replica: sender });
    }
  }

  /**
   * The leaves for clients that reconnected elsewhere before the message `leaving` arrived. Such a client is a presence that
   * the leaving replica had not seen yet. It may also be another device that was there before, but that is less likely.
   */
  #supersededBeforeLeaving(
    pendingLeaves: readonly PendingLeave[],
    reportedSeen: Member["reportedSeen"],
  ): PresenceRecord[] {
    const leaves: PresenceRecord[] = [];
    const newestFirst = new Map<string, PendingLeave[]>();
    for (const pending of pendingLeaves.toReversed()) {
      const id = topicAndKey(pending);
      newestFirst.set(id, newestFirst.get(id) ?? []);
      newestFirst.get(id)!.push(pending);
    }
    for (const [other, { seen }] of reportedSeen) {
      for (const presence of this.#set.unseenPresences(other, seen)) {
        const oldest = this.#successors.has(presence)
          ? undefined
          : newestFirst.get(topicAndKey(presence))?.pop();
        if (oldest === undefined) continue;
        this.#pendingLeaves.delete(oldest);
        leaves.push(...this.#supersede(oldest, presence));
      }
    }
    return leaves;
  }

  #supersede(pending: PendingLeave, successor: PresenceRecord): readonly PresenceRecord[] {
    this.#successors.add(successor);
    return this.#end(pending).leaves;
  }

  /** Cancels the pending leave of a presence that has left. After an update the presence still exists, and it stays pending. */
  #left({ replica, owner, topic, key }: PresenceRecord): void {
    if (replica !== this.#set.replica || this.#set.get(owner, topic, key) !== undefined) return;
    const pending = this.#pendingLeaves.find(owner, topic, key);
    if (pending !== undefined) this.#pendingLeaves.delete(pending);
  }

  /**
   * Ends a presence. For a replica that has left, this merges a leave that the replica never sent. That is safe: no peer
   * pulls the slice of a replica that has left. If some of its events are missing here, an older dot of the same presence
   * becomes visible, and is ended too.
   */
  #end(pending: PendingLeave): Change {
    const { replica, owner, topic, key, dot } = pending;
    if (replica === undefined) return this.#set.leave(owner, topic, key);
    const { joins, leaves } = this.#set.merge({ replica, seen: Intervals.of([dot]), live: [], leaves: [] });
    for (const older of joins) this.#end({ ...pending, dot: older.dot });
    return { joins: [], leaves };
  }
}

function pendingLeaveOf({ replica, owner, topic, key, dot }: PresenceRecord): PendingLeave {
  return { replica, owner, topic, key, dot };
}

/** One string for each topic and key. Because it contains the length of the topic, no two pairs share one. */
function topicAndKey({ topic, key }: { readonly topic: string; readonly key: string }): string {
  return `${topic.length} ${topic}${key}`;
}

function byDot(one: PresenceRecord, other: PresenceRecord): number {
  return one.dot - other.dot;
}
