import type { Change } from "../../crdt/change.ts";
import type { PresenceRecord } from "../../crdt/live-entry.ts";
import { PresenceSet } from "../../crdt/presence-set.ts";
import { NotTrackedError } from "../../errors.ts";
import type { Meta } from "../../payload.ts";
import type { ReplicaIncarnation } from "../../wire/replica-message.ts";
import type { LingeringReplica } from "../departures.ts";
import type { LocalChange, ReplicationEffect, ReplicationEvent } from "../events.ts";
import type { ReadonlyHearing } from "../hearing.ts";
import type { ReadonlyMembers } from "../members.ts";
import { PendingLeaves } from "../pending-leaves.ts";
import { Replication } from "../replication.ts";
import type { ReplicationOptions } from "../replication-options.ts";
import type { ReadonlyTombstones } from "../tombstones.ts";
import type { TrackerReplication } from "../tracker-replication.ts";
import { CountBook } from "./count-book.ts";
import { LARGEST_COUNT_META, numberIn } from "./count-meta.ts";
import { CountSums } from "./count-sums.ts";
import { CountView } from "./count-view.ts";
import { netChanges } from "./net-changes.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** The local set records what it would send. Nothing of it is ever sent, so it is dropped from this many events on. */
const MAX_RECORDED_EVENTS = 1_024;

/**
 * Replicates how many presences each topic and key has, and nothing about the presences: they stay in this process, in a set
 * that is never sent. What peers get is a set of numbers, one for each topic and key, which a `Replication` replicates. It is
 * brought up to date before each flush. The sums over all visible replicas change with each local change, and with each change
 * of the numbers of other replicas.
 */
export class CountReplication implements TrackerReplication {
  readonly presences: CountView;
  readonly #published: Replication;
  readonly #local: PresenceSet;
  readonly #leaveDelayMs: number;
  readonly #pendingLeaves = new PendingLeaves();
  readonly #book = new CountBook();
  readonly #sums = new CountSums();
  #isClosing = false;
  #publishedAlarmAt = NEVER;
  #alarmAt = NEVER;

  constructor({ admit, ...options }: ReplicationOptions) {
    this.#leaveDelayMs = options.leaveDelayMs;
    this.#local = new PresenceSet({
      replica: options.newId(),
      logLimit: 0,
      ...(admit && { admit: ({ topic, key }) => admit({ topic, key, meta: LARGEST_COUNT_META }) }),
    });
    this.#published = new Replication({
      ...options,
      counts: {
        beforeFlush: (set) => {
          this.#local.takeOperations();
          this.#book.settle(set);
        },
      },
    });
    this.presences = new CountView({
      local: this.#local,
      pendingLeaves: this.#pendingLeaves,
      sums: this.#sums,
      published: this.#published,
    });
  }

  /** The current identity of this replica. */
  get self(): ReplicaIncarnation {
    return this.#published.self;
  }

  get members(): ReadonlyMembers {
    return this.#published.members;
  }

  get tombstones(): ReadonlyTombstones {
    return this.#published.tombstones;
  }

  get hearing(): ReadonlyHearing {
    return this.#published.hearing;
  }

  /** The replicas that have left and whose numbers are still part of the sums. */
  get lingering(): Iterable<LingeringReplica> {
    return this.#published.lingering;
  }

  /**
   * Adds a presence. It supersedes the oldest of our own pending leaves with its topic and key, unless its owner has ended
   * already.
   *
   * @throws {AlreadyTrackedError} when this owner has a presence with this topic and key. Nothing is changed.
   */
  join(
    owner: number,
    topic: string,
    key: string,
    meta: Meta,
    now: number,
    { ownerHasEnded = false }: { readonly ownerHasEnded?: boolean } = {},
  ): LocalChange {
    const presence = this.#local.join(owner, topic, key, meta);
    const oldest = ownerHasEnded ? undefined : this.#pendingLeaves.takeOldest(topic, key);
    const leaves = oldest === undefined ? [] : this.#local.leave(oldest.owner, topic, key).leaves;
    return { presence, effects: this.#changed({ joins: [presence], leaves }, now) };
  }

  /**
   * Replaces the meta of a presence, which changes no number. If the presence is a pending leave, it stays one.
   *
   * @throws {NotTrackedError} when this owner has no presence with this topic and key. Nothing is changed.
   */
  update(owner: number, topic: string, key: string, meta: Meta): LocalChange {
    return { presence: this.#local.update(owner, topic, key, meta).joins[0]!, effects: [] };
  }

  /**
   * Cancels a pending leave, because the owner tracks the presence again. With a meta, the presence is updated.
   *
   * @throws {NotTrackedError} when this owner has no presence with this topic and key. Nothing is changed.
   */
  revive(owner: number, topic: string, key: string, meta: Meta | undefined): LocalChange {
    const presence = this.#local.get(owner, topic, key);
    if (presence === undefined) throw new NotTrackedError(topic, key);
    const change = meta === undefined ? { presence, effects: [] } : this.update(owner, topic, key, meta);
    this.#cancelPendingLeave(presence);
    return change;
  }

  /** Removes one presence of an owner at once. Without such a presence nothing has to be done. */
  leave(owner: number, topic: string, key: string, now: number): readonly ReplicationEffect[] {
    return this.#changed(this.#local.leave(owner, topic, key), now);
  }

  /** Removes all presences of an owner at once. */
  leaveAll(owner: number, now: number): readonly ReplicationEffect[] {
    return this.#changed(this.#local.leaveAll(owner), now);
  }

  /** Ends an owner: its presences become pending leaves, or leave at once if `leaveDelayMs` is 0. */
  end(owner: number, now: number): readonly ReplicationEffect[] {
    if (this.#leaveDelayMs === 0) return this.leaveAll(owner, now);
    const dueAt = now + this.#leaveDelayMs;
    for (const { topic, key, dot } of this.#local.presencesOf(owner).sort(byDot)) {
      if (this.#pendingLeaves.find(owner, topic, key) !== undefined) continue;
      this.#pendingLeaves.add({ replica: undefined, owner, topic, key, dot }, dueAt);
    }
    return this.#withAlarm([]);
  }

  /** Handles what happened outside: a message, a tick, a change of the connection, the start or the close. */
  step(event: ReplicationEvent, now: number): readonly ReplicationEffect[] {
    if (event.type === "close") this.#isClosing = true;
    const due = event.type === "tick" && !this.#isClosing ? this.#pendingLeaves.takeDue(now) : [];
    const leaves = due.flatMap(({ owner, topic, key }) => this.#local.leave(owner, topic, key).leaves);
    const effects = this.#changed({ joins: [], leaves }, now);
    return this.#withAlarm([...effects, ...this.#counted(this.#published.step(event, now))]);
  }

  /** A change of local presences: the sums change at once, and the numbers of this replica with the next flush. */
  #changed(change: Change, now: number): ReplicationEffect[] {
    if (change.joins.length === 0 && change.leaves.length === 0) return [];
    for (const presence of change.leaves) this.#cancelPendingLeave(presence);
    if (this.#local.pendingEventCount >= MAX_RECORDED_EVENTS) this.#local.takeOperations();
    const effects: ReplicationEffect[] = [];
    if (change.leaves.length > 0)
      effects.push({ type: "owners-left", owners: change.leaves.map(({ owner }) => owner) });
    const changes = netChanges(change, () => 1);
    if (changes.length > 0) {
      const wasSettled = this.#book.isSettled;
      for (const each of changes) {
        this.#book.add(each);
        this.#sums.add(each);
      }
      effects.push({ type: "counts", changes, cause: "local" });
      if (wasSettled) effects.push(...this.#counted(this.#published.flushSoon(now)));
    }
    return this.#withAlarm(effects);
  }

  /** The effects of the published numbers, with changes of sums in place of diffs, and without their alarm. */
  #counted(effects: readonly ReplicationEffect[]): ReplicationEffect[] {
    const counted: ReplicationEffect[] = [];
    for (const effect of effects) {
      if (effect.type === "alarm") this.#publishedAlarmAt = effect.at;
      else if (effect.type !== "diff") counted.push(effect);
      else {
        // Our own numbers are part of the sums already. When they move to another id, that nets to nothing.
        const changes = netChanges(effect.change, numberIn);
        for (const each of changes) this.#sums.add(each);
        if (changes.length > 0) counted.push({ type: "counts", changes, cause: effect.cause });
      }
    }
    return counted;
  }

  #cancelPendingLeave({ owner, topic, key }: PresenceRecord): void {
    const pending = this.#pendingLeaves.find(owner, topic, key);
    if (pending !== undefined) this.#pendingLeaves.delete(pending);
  }

  #withAlarm(effects: ReplicationEffect[]): ReplicationEffect[] {
    const at = this.#isClosing
      ? this.#publishedAlarmAt
      : Math.min(this.#publishedAlarmAt, this.#pendingLeaves.nextAt);
    if (at === this.#alarmAt) return effects;
    this.#alarmAt = at;
    effects.push({ type: "alarm", at });
    return effects;
  }
}

function byDot(one: PresenceRecord, other: PresenceRecord): number {
  return one.dot - other.dot;
}
