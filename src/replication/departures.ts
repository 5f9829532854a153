import type { Change } from "../crdt/change.ts";
import { Intervals } from "../crdt/intervals.ts";
import type { PresenceRecord } from "../crdt/live-entry.ts";
import type { PresenceSet } from "../crdt/presence-set.ts";
import type { ReplicaIncarnation } from "../wire/replica-message.ts";
import type { Member } from "./member.ts";
import { type PendingLeave, PendingLeaves } from "./pending-leaves.ts";
import type { Step } from "./step.ts";

/** A replica that went for good, and whose presences stay a while. */
export interface LingeringReplica {
  readonly sender: ReplicaIncarnation;
  readonly heardAt: number;
  until: number;
  readonly waiters: readonly PendingLeave[];
}

/**
 * Presences on their way out: of owners of ours that ended, and of replicas that went. They leave when their time is over,
 * or, in the same diff, when another comes to their topic and key.
 */
export class Departures {
  readonly #set: PresenceSet;
  readonly #outbox: Step;
  readonly #leaveDelayMs: number;
  readonly #waiting = new PendingLeaves();
  readonly #lingering = new Map<string, LingeringReplica>();
  /** Those that let another go already: they take one place, however many replicas go at once. */
  readonly #successors = new WeakSet<PresenceRecord>();

  constructor(set: PresenceSet, outbox: Step, leaveDelayMs: number) {
    this.#set = set;
    this.#outbox = outbox;
    this.#leaveDelayMs = leaveDelayMs;
  }

  lingering(): IterableIterator<LingeringReplica> {
    return this.#lingering.values();
  }

  get nextAt(): number {
    let next = this.#waiting.nextAt;
    for (const { until } of this.#lingering.values()) next = Math.min(next, until);
    return next;
  }

  /** How many wait at this topic and key. */
  countAt(topic: string, key: string): number {
    return this.#waiting.countAt(topic, key);
  }

  /** Whether this presence of an owner of ours waits. */
  isPending(owner: number, topic: string, key: string): boolean {
    return this.#waiting.find(owner, topic, key) !== undefined;
  }

  /** An owner of ours is here again. */
  revive(owner: number, topic: string, key: string): void {
    const waiter = this.#waiting.find(owner, topic, key);
    if (waiter !== undefined) this.#waiting.delete(waiter);
  }

  /** A replica that lingers is to be gone by then. */
  shortenLinger(id: string, lingerMs: number): void {
    const lingering = this.#lingering.get(id);
    if (lingering === undefined) return;
    lingering.until = Math.min(lingering.until, this.#outbox.now + lingerMs);
    this.expireLingering();
  }

  /** What an owner of ours holds is to leave: what does so now is returned. */
  ownerEnded(owner: number): Change {
    if (this.#leaveDelayMs === 0) return this.#set.leaveAll(owner);
    const until = this.#outbox.now + this.#leaveDelayMs;
    for (const { topic, key, dot } of this.#set.presencesOf(owner).sort(byDot)) {
      if (this.#waiting.find(owner, topic, key)) continue;
      this.#waiting.add({ replica: undefined, owner, topic, key, dot }, until);
    }
    return { joins: [], leaves: [] };
  }

  /** The presences of a replica that went stay for so long, but for those whose place is taken already. */
  linger({ sender, heardAt, reportedSeen }: Member, lingerMs: number): void {
    const waiters = this.#set.heldBy(sender.id).sort(byDot).map(waiterOf);
    for (const waiter of waiters) this.#waiting.add(waiter);
    this.#lingering.set(sender.id, { sender, heardAt, until: this.#outbox.now + lingerMs, waiters });
    this.#outbox.diff({ joins: [], leaves: this.#overtaken(waiters, reportedSeen) }, "replica");
  }

  /** The same change, with those in it who make room for those who came. */
  addSuperseded(change: Change): Change {
    if (this.#waiting.isEmpty) return change;
    for (const presence of change.leaves) this.#left(presence);
    const relieved: PresenceRecord[] = [];
    const updated = new Set(change.leaves.map(identityOf));
    for (const presence of change.joins) {
      // One that was updated before we heard of it is as new to us as any.
      if (presence.replaced !== 0 && updated.has(identityOf(presence))) continue;
      const waiter = this.#waiting.takeOldest(presence.topic, presence.key);
      if (waiter !== undefined) relieved.push(...this.#succeed(presence, waiter));
    }
    return relieved.length === 0 ? change : { joins: change.joins, leaves: [...change.leaves, ...relieved] };
  }

  /** Those of ours whose time is over. */
  takeDue(): Change {
    const leaves = this.#waiting.takeDue(this.#outbox.now).flatMap((waiter) => this.#takeOut(waiter).leaves);
    return { joins: [], leaves };
  }

  /** The replicas whose time is over: what is left of them is forgotten. */
  expireLingering(): void {
    for (const [id, { sender, until, waiters }] of this.#lingering) {
      if (this.#outbox.now < until) continue;
      for (const waiter of waiters) this.#waiting.delete(waiter);
      this.#lingering.delete(id);
      this.#outbox.diff(this.#set.forget(id), "replica");
      this.#outbox.add({ type: "replica", status: "permdown", replica: sender });
    }
  }

  /**
   * Clients may be faster than the notice that their replica goes. Who came without its ever having heard of them may have
   * been here before it went, but in all likelihood came from there.
   */
  #overtaken(waiters: readonly PendingLeave[], hears: Member["reportedSeen"]): PresenceRecord[] {
    const leaves: PresenceRecord[] = [];
    const places = new Map<string, PendingLeave[]>();
    for (const waiter of waiters.toReversed()) {
      const place = placeOf(waiter);
      places.set(place, places.get(place) ?? []);
      places.get(place)!.push(waiter);
    }
    for (const [other, { seen }] of hears) {
      for (const presence of this.#set.unseenPresences(other, seen)) {
        const oldest = this.#successors.has(presence) ? undefined : places.get(placeOf(presence))?.pop();
        if (oldest === undefined) continue;
        this.#waiting.delete(oldest);
        leaves.push(...this.#succeed(presence, oldest));
      }
    }
    return leaves;
  }

  #succeed(presence: PresenceRecord, waiter: PendingLeave): readonly PresenceRecord[] {
    this.#successors.add(presence);
    return this.#takeOut(waiter).leaves;
  }

  /** Untracked while it waited; after an update it waits on. */
  #left({ replica, owner, topic, key }: PresenceRecord): void {
    if (replica !== this.#set.replica || this.#set.get(owner, topic, key) !== undefined) return;
    const waiter = this.#waiting.find(owner, topic, key);
    if (waiter !== undefined) this.#waiting.delete(waiter);
  }

  /**
   * One of another replica is dead because we say so: nobody asks us, or it, about that slice any more. Where we had not
   * seen all of it, an older dot of the same presence comes up, and is as dead.
   */
  #takeOut(waiter: PendingLeave): Change {
    const { replica, owner, topic, key, dot } = waiter;
    if (replica === undefined) return this.#set.leave(owner, topic, key);
    const { joins, leaves } = this.#set.merge({ replica, seen: Intervals.of([dot]), live: [], leaves: [] });
    for (const older of joins) this.#takeOut({ ...waiter, dot: older.dot });
    return { joins: [], leaves };
  }
}

function waiterOf({ replica, owner, topic, key, dot }: PresenceRecord): PendingLeave {
  return { replica, owner, topic, key, dot };
}

/** One text for each topic and key. */
function placeOf({ topic, key }: { readonly topic: string; readonly key: string }): string {
  return `${topic.length} ${topic}${key}`;
}

/** One text for each presence of any replica: with the lengths, no two are alike. */
function identityOf({ replica, owner, topic, key }: PresenceRecord): string {
  return `${owner} ${replica.length} ${topic.length} ${replica}${topic}${key}`;
}

function byDot(one: PresenceRecord, other: PresenceRecord): number {
  return one.dot - other.dot;
}
