import type { Change } from "../../crdt/change.ts";
import { PresenceSet } from "../../crdt/presence-set.ts";
import { NotTrackedError } from "../../errors.ts";
import type { Meta } from "../../payload.ts";
import type { ReplicaIncarnation } from "../../wire/replica-message.ts";
import type { LingeringReplica } from "../departures/lingering-replicas.ts";
import type { Place } from "../departures/place.ts";
import type { LocalChange, ReplicationEffect, ReplicationEvent } from "../events.ts";
import type { ReadonlyHearing } from "../hearing.ts";
import type { ReadonlyMembers } from "../members.ts";
import { Replication } from "../replication.ts";
import type { ReplicationOptions } from "../replication-options.ts";
import type { ReadonlyTombstones } from "../tombstones.ts";
import type { TrackerReplication } from "../tracker-replication.ts";
import { CountBook } from "./count-book.ts";
import { LARGEST_COUNT_META, numberIn } from "./count-meta.ts";
import { CountSums } from "./count-sums.ts";
import { CountView } from "./count-view.ts";
import { CountedPresences } from "./counted-presences.ts";
import { netChanges } from "./net-changes.ts";

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
  readonly #book = new CountBook();
  readonly #sums = new CountSums();

  constructor({ admit, ...options }: ReplicationOptions) {
    this.#local = new PresenceSet({
      replica: options.newId(),
      logLimit: 0,
      ...(admit && { admit: ({ topic, key }) => admit({ topic, key, meta: LARGEST_COUNT_META }) }),
    });
    const [local, book, sums] = [this.#local, this.#book, this.#sums];
    this.#published = new Replication({
      ...options,
      counts: {
        get hasChanges() {
          return !book.isSettled;
        },
        topicOf: (name) => sums.topic(name),
        beforeFlush: (set) => {
          local.takeOperations();
          book.settle(set, (place) => this.#pendingAt(place));
        },
        departing: (published) => new CountedPresences({ local, book, published }),
      },
    });
    this.presences = new CountView({
      local: this.#local,
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
   * Adds a presence. It supersedes one pending leave with its topic and key, here or on another node, unless its own owner has
   * ended already.
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
    this.#book.add(presence, 1);
    return { presence, effects: this.#counted(this.#published.joined(presence, now, { ownerHasEnded })) };
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
  revive(owner: number, topic: string, key: string, meta: Meta | undefined, now: number): LocalChange {
    const presence = this.#local.get(owner, topic, key);
    if (presence === undefined) throw new NotTrackedError(topic, key);
    const updated = meta === undefined ? presence : this.update(owner, topic, key, meta).presence;
    return { presence: updated, effects: this.#published.cancelPendingLeave(owner, topic, key, now) };
  }

  /** Removes one presence of an owner at once. Without such a presence nothing has to be done. */
  leave(owner: number, topic: string, key: string, now: number): readonly ReplicationEffect[] {
    return this.#left(this.#local.leave(owner, topic, key), now);
  }

  /** Removes all presences of an owner at once. */
  leaveAll(owner: number, now: number): readonly ReplicationEffect[] {
    return this.#left(this.#local.leaveAll(owner), now);
  }

  /** Ends an owner: its presences become pending leaves, or leave at once if `leaveDelayMs` is 0. */
  end(owner: number, now: number): readonly ReplicationEffect[] {
    return this.#counted(this.#published.end(owner, now));
  }

  /** Handles what happened outside: a message, a tick, a change of the connection, the start or the close. */
  step(event: ReplicationEvent, now: number): readonly ReplicationEffect[] {
    return this.#counted(this.#published.step(event, now));
  }

  #left(change: Change, now: number): readonly ReplicationEffect[] {
    for (const presence of change.leaves) this.#book.add(presence, -1);
    return this.#counted(this.#published.left(change, now));
  }

  /** The effects of the published numbers and of the presences behind them, with changes of sums in place of diffs. */
  #counted(effects: readonly ReplicationEffect[]): readonly ReplicationEffect[] {
    if (this.#local.pendingEventCount >= MAX_RECORDED_EVENTS) this.#local.takeOperations();
    if (!effects.some(({ type }) => type === "diff")) return effects;
    const counted: ReplicationEffect[] = [];
    for (const effect of effects) {
      if (effect.type === "diff") this.#addCounted(counted, effect);
      else counted.push(effect);
    }
    return counted;
  }

  #addCounted(
    counted: ReplicationEffect[],
    { change, cause }: Extract<ReplicationEffect, { type: "diff" }>,
  ): void {
    const own = this.#local.replica;
    const owners: number[] = [];
    for (const { replica, owner } of change.leaves) if (replica === own) owners.push(owner);
    if (owners.length > 0) counted.push({ type: "owners-left", owners });
    // When our own numbers move to another id, that nets to nothing.
    const changes = netChanges(change, (presence) => (presence.replica === own ? 1 : numberIn(presence)));
    for (const each of changes) this.#sums.add(each);
    if (changes.length > 0) counted.push({ type: "counts", changes, cause });
  }

  /** How many of our own presences at a place are pending leaves. */
  #pendingAt({ topic, key }: Place): number {
    return this.#published.presences.ownPendingLeaveCount(topic, key);
  }
}
