import { AlreadyTrackedError, ClosedError, NotTrackedError } from "../../errors.ts";
import type { Meta, PresenceMeta } from "../../payload.ts";
import type { LocalChange, ReplicationEffect } from "../../replication/events.ts";
import type { TrackerReplication } from "../../replication/tracker-replication.ts";
import { ChangeLimit } from "../admission/change-limit.ts";
import { assertBelowLimit } from "../admission/presence-limits.ts";
import { admitKey, admitTopic, assertCounted, lookUpKey, lookUpTopic } from "../admission/topics-and-keys.ts";
import { admitMeta } from "../meta/admit-meta.ts";
import { isSameMeta } from "../meta/refs.ts";
import type { ResolvedTrackerOptions } from "../options/tracker-options.ts";
import { connectionOf } from "./connection-of.ts";
import { Connections } from "./connections.ts";
import { EndListeners } from "./end-listeners.ts";
import { assertOwner, hasEnded, hasEndedForGood, type Owner, watchClosing } from "./owner.ts";
import { OwnerRegistry } from "./owner-registry.ts";

const UNLIMITED = Number.POSITIVE_INFINITY;

/** A presence of an owner, as `presencesOf` returns it. */
export interface OwnedPresence<M extends object> {
  readonly topic: string;
  readonly key: string;
  readonly meta: PresenceMeta<M>;
}

interface LocalPresencesOptions<M extends object> {
  readonly options: ResolvedTrackerOptions<M>;
  readonly replication: TrackerReplication;
  /** The keys that can be tracked, if only counts replicate. Default: all. */
  readonly countedKeys: ReadonlySet<string> | undefined;
  readonly isClosed: () => boolean;
  /** Carries out what the replication decided. */
  readonly apply: (effects: readonly ReplicationEffect[]) => void;
}

/** The presences of this process and their owners: checks what callers track and ends the presences of ended owners. */
export class LocalPresences<M extends object> {
  readonly #options: ResolvedTrackerOptions<M>;
  readonly #replication: TrackerReplication;
  readonly #countedKeys: ReadonlySet<string> | undefined;
  readonly #isClosed: () => boolean;
  readonly #apply: (effects: readonly ReplicationEffect[]) => void;
  readonly #owners = new OwnerRegistry();
  readonly #endListeners = new EndListeners();
  readonly #connections = new Connections();
  readonly #changes: ChangeLimit;

  constructor({ options, replication, countedKeys, isClosed, apply }: LocalPresencesOptions<M>) {
    this.#options = options;
    this.#replication = replication;
    this.#countedKeys = countedKeys;
    this.#isClosed = isClosed;
    this.#apply = apply;
    this.#changes = new ChangeLimit(options.clock, options.maxPresenceChangesPerSecond);
  }

  track(owner: Owner, topic: string, key: string | number, meta: unknown): string {
    this.#assertOpen("track");
    assertOwner(owner);
    const { maxTopicBytes, maxKeyBytes, maxMetaBytes, meta: schema } = this.#options;
    const topicName = admitTopic(topic, maxTopicBytes);
    const keyName = admitKey(this.#counted(key), maxKeyBytes);
    const content = admitMeta(meta, schema, maxMetaBytes);
    if (hasEnded(owner)) return this.#joinAndLeave(owner, topicName, keyName, content);
    const number = this.#owners.numberOf(owner);
    const revivedRef =
      number === undefined ? undefined : this.#revive(number, owner, topicName, keyName, content);
    return revivedRef ?? this.#join(number, owner, topicName, keyName, content);
  }

  update(owner: Owner, topic: string, key: string | number, meta: unknown): string {
    this.#assertOpen("update");
    const topicName = lookUpTopic(topic);
    const keyName = lookUpKey(this.#counted(key));
    const number = this.#numberOf(owner);
    const presence =
      number === undefined ? undefined : this.#replication.presences.get(number, topicName, keyName);
    if (number === undefined || presence === undefined) throw new NotTrackedError(topicName, keyName);
    this.#changes.assertRoom(owner);
    const next = typeof meta === "function" ? meta(presence.meta) : meta;
    const { maxMetaBytes, meta: schema } = this.#options;
    const ref = this.#update(number, topicName, keyName, admitMeta(next, schema, maxMetaBytes));
    this.#changes.count(owner, 1);
    return ref;
  }

  untrack(owner: Owner, ...one: [] | [topic: string, key: string | number]): void {
    // A caller that passes an undefined topic by mistake must not remove the owner from all topics.
    const place = one.length === 0 ? undefined : ([lookUpTopic(one[0]), lookUpKey(one[1])] as const);
    const number = this.#numberOf(owner);
    if (number === undefined || this.#isClosed()) return;
    const { presences } = this.#replication;
    const isOne = place !== undefined && presences.get(number, ...place) !== undefined;
    this.#changes.count(owner, place === undefined ? presences.countOf(number) : Number(isOne));
    this.#apply(
      place === undefined
        ? this.#replication.leaveAll(number, this.#now)
        : this.#replication.leave(number, ...place, this.#now),
    );
  }

  end(owner: Owner): void {
    const number = this.#numberOf(owner);
    if (number !== undefined) this.#end(number);
  }

  /**
   * Calls a listener when the owner ends, before its presences leave. Returns a function that removes the listener, or
   * `undefined` if the owner has ended already.
   */
  onEnd(owner: Owner, listener: () => void): (() => void) | undefined {
    assertOwner(owner);
    if (hasEnded(owner)) return undefined;
    const number = this.#hold(owner);
    this.#endListeners.add(number, listener);
    const unwatchClosing = watchClosing(owner, listener);
    return () => {
      unwatchClosing();
      if (this.#endListeners.delete(number, listener)) this.releaseIfIdle(number);
    };
  }

  presencesOf(owner: Owner): OwnedPresence<M>[] {
    const number = this.#numberOf(owner);
    if (number === undefined) return [];
    return this.#replication.presences
      .presencesOf(number)
      .map(({ topic, key, meta }) => ({ topic, key, meta: meta as PresenceMeta<M> }));
  }

  /** Releases an owner that has no presence and no listener. */
  releaseIfIdle(number: number): void {
    if (this.#replication.presences.countOf(number) > 0 || this.#endListeners.has(number)) return;
    this.#owners.release(number);
    this.#connections.remove(number);
  }

  /** Stops watching all owners. `presencesOf` still knows them. */
  unwatchOwners(): void {
    this.#owners.unwatchAll();
  }

  #join(number: number | undefined, owner: Owner, topic: string, key: string, content: Meta): string {
    if (number !== undefined && this.#replication.presences.get(number, topic, key) !== undefined)
      throw new AlreadyTrackedError(topic, key);
    this.#assertRoom(owner, number, topic, key);
    const assigned = this.#hold(owner);
    try {
      return this.#applied(this.#replication.join(assigned, topic, key, content, this.#now));
    } catch (error) {
      this.releaseIfIdle(assigned);
      throw error;
    }
  }

  /** Keeps a pending leave whose owner tracks it again. Only a meta that differs is a change. */
  #revive(number: number, owner: Owner, topic: string, key: string, content: Meta): string | undefined {
    const { presences } = this.#replication;
    const presence = presences.get(number, topic, key);
    if (presence === undefined || !presences.isPendingLeave(number, topic, key)) return undefined;
    const meta = isSameMeta(presence.meta, content) ? undefined : content;
    if (meta !== undefined) this.#changes.assertRoom(owner);
    const ref = this.#applied(this.#replication.revive(number, topic, key, meta, this.#now));
    if (meta !== undefined) this.#changes.count(owner, 1);
    this.releaseIfIdle(this.#hold(owner));
    return ref;
  }

  #update(number: number, topic: string, key: string, content: Meta): string {
    return this.#applied(this.#replication.update(number, topic, key, content, this.#now));
  }

  /** Tracks for an owner that has ended already. It has a number only for the time of this call. */
  #joinAndLeave(owner: Owner, topic: string, key: string, content: Meta): string {
    this.#changes.assertRoom(owner);
    const number = this.#owners.hold(AbortSignal.abort(), this.#end);
    try {
      const ended = { ownerHasEnded: true };
      const ref = this.#applied(this.#replication.join(number, topic, key, content, this.#now, ended));
      this.#apply(this.#replication.leave(number, topic, key, this.#now));
      this.#changes.count(owner, 1);
      return ref;
    } finally {
      this.releaseIfIdle(number);
    }
  }

  readonly #end = (number: number): void => {
    this.#connections.remove(number);
    for (const listener of this.#endListeners.take(number)) listener();
    if (this.#isClosed()) return;
    const owner = this.#owners.ownerOf(number);
    const isForGood = owner !== undefined && hasEndedForGood(owner);
    this.#apply(
      isForGood ? this.#replication.leaveAll(number, this.#now) : this.#replication.end(number, this.#now),
    );
    this.releaseIfIdle(number);
  };

  #hold(owner: Owner): number {
    const number = this.#owners.hold(owner, this.#end);
    this.#connections.add(owner, number);
    return number;
  }

  /** A new presence replaces a pending leave of its topic and key, so one pending leave does not count. */
  #assertRoom(owner: Owner, number: number | undefined, topic: string, key: string): void {
    const { maxPerOwner, maxPerKey, maxPerTopic } = this.#options;
    const { presences } = this.#replication;
    this.#changes.assertRoom(owner);
    if (maxPerOwner < UNLIMITED) assertBelowLimit("maxPerOwner", this.#held(owner, number), maxPerOwner);
    // A count by key makes the topic count each key: callers without a limit should not pay for it.
    if (maxPerKey === UNLIMITED && maxPerTopic === UNLIMITED) return;
    const leaving = Math.min(1, presences.pendingLeaveCount(topic, key));
    if (maxPerKey < UNLIMITED)
      assertBelowLimit("maxPerKey", presences.count(topic, key) - leaving, maxPerKey);
    assertBelowLimit("maxPerTopic", presences.count(topic) - leaving, maxPerTopic);
  }

  /** The number of presences that the owner holds, or all owners of its connection that have not ended. */
  #held(owner: Owner, number: number | undefined): number {
    const connection = connectionOf(owner);
    const own = number === undefined ? [] : [number];
    const numbers = connection === undefined ? own : this.#connections.numbersOf(connection);
    let held = 0;
    for (const each of numbers) held += this.#replication.presences.countOf(each);
    return held;
  }

  #counted<Key>(key: Key): Key {
    if (this.#countedKeys !== undefined) assertCounted(key, this.#countedKeys);
    return key;
  }

  /** Checks an unknown owner, as one of a wrong kind would look like an owner without presences. */
  #numberOf(owner: Owner): number | undefined {
    const number = this.#owners.numberOf(owner);
    if (number === undefined) assertOwner(owner);
    return number;
  }

  #assertOpen(call: string): void {
    if (this.#isClosed()) throw new ClosedError("tracker", call);
  }

  /** Returns the ref of the presence. */
  #applied({ presence, effects }: LocalChange): string {
    this.#apply(effects);
    return presence.ref;
  }

  get #now(): number {
    return this.#options.clock.now();
  }
}
