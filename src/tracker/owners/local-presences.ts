import { AlreadyTrackedError, ClosedError, NotTrackedError } from "../../errors.ts";
import type { Meta, PresenceMeta } from "../../payload.ts";
import type { LocalChange, ReplicationEffect } from "../../replication/events.ts";
import type { Replication } from "../../replication/replication.ts";
import { assertBelowLimit } from "../admission/presence-limits.ts";
import { admitKey, admitTopic, lookUpKey, lookUpTopic } from "../admission/topics-and-keys.ts";
import { admitMeta } from "../meta/admit-meta.ts";
import { isSameMeta } from "../meta/refs.ts";
import type { ResolvedTrackerOptions } from "../options/tracker-options.ts";
import { assertOwner, hasEnded, hasEndedForGood, type Owner } from "./owner.ts";
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
  readonly replication: Replication;
  readonly isClosed: () => boolean;
  /** Carries out what the replication decided. */
  readonly apply: (effects: readonly ReplicationEffect[]) => void;
}

/** The presences of this process and their owners: checks what callers track and ends the presences of ended owners. */
export class LocalPresences<M extends object> {
  readonly #options: ResolvedTrackerOptions<M>;
  readonly #replication: Replication;
  readonly #isClosed: () => boolean;
  readonly #apply: (effects: readonly ReplicationEffect[]) => void;
  readonly #owners = new OwnerRegistry();

  constructor({ options, replication, isClosed, apply }: LocalPresencesOptions<M>) {
    this.#options = options;
    this.#replication = replication;
    this.#isClosed = isClosed;
    this.#apply = apply;
  }

  track(owner: Owner, topic: string, key: string | number, meta: unknown): string {
    this.#assertOpen("track");
    assertOwner(owner);
    const { maxTopicBytes, maxKeyBytes, maxMetaBytes, meta: schema } = this.#options;
    const topicName = admitTopic(topic, maxTopicBytes);
    const keyName = admitKey(key, maxKeyBytes);
    const content = admitMeta(meta, schema, maxMetaBytes);
    if (hasEnded(owner)) return this.#joinAndLeave(topicName, keyName, content);
    const number = this.#owners.numberOf(owner);
    const revivedRef =
      number === undefined ? undefined : this.#revive(number, owner, topicName, keyName, content);
    return revivedRef ?? this.#join(number, owner, topicName, keyName, content);
  }

  update(owner: Owner, topic: string, key: string | number, meta: unknown): string {
    this.#assertOpen("update");
    const topicName = lookUpTopic(topic);
    const keyName = lookUpKey(key);
    const number = this.#numberOf(owner);
    const presence =
      number === undefined ? undefined : this.#replication.presences.get(number, topicName, keyName);
    if (number === undefined || presence === undefined) throw new NotTrackedError(topicName, keyName);
    const next = typeof meta === "function" ? meta(presence.meta) : meta;
    const { maxMetaBytes, meta: schema } = this.#options;
    return this.#update(number, topicName, keyName, admitMeta(next, schema, maxMetaBytes));
  }

  untrack(owner: Owner, ...one: [] | [topic: string, key: string | number]): void {
    // A caller that passes an undefined topic by mistake must not remove the owner from all topics.
    const place = one.length === 0 ? undefined : ([lookUpTopic(one[0]), lookUpKey(one[1])] as const);
    const number = this.#numberOf(owner);
    if (number === undefined || this.#isClosed()) return;
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

  presencesOf(owner: Owner): OwnedPresence<M>[] {
    const number = this.#numberOf(owner);
    if (number === undefined) return [];
    return this.#replication.presences
      .presencesOf(number)
      .map(({ topic, key, meta }) => ({ topic, key, meta: meta as PresenceMeta<M> }));
  }

  /** Releases an owner that has no presence. */
  releaseIfIdle(number: number): void {
    if (this.#replication.presences.countOf(number) === 0) this.#owners.release(number);
  }

  /** Stops watching all owners. `presencesOf` still knows them. */
  unwatchOwners(): void {
    this.#owners.unwatchAll();
  }

  #join(number: number | undefined, owner: Owner, topic: string, key: string, content: Meta): string {
    if (number !== undefined && this.#replication.presences.get(number, topic, key) !== undefined)
      throw new AlreadyTrackedError(topic, key);
    this.#assertRoom(number, topic, key);
    const assigned = this.#owners.hold(owner, this.#end);
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
    const ref = this.#applied(this.#replication.revive(number, topic, key, meta, this.#now));
    this.releaseIfIdle(this.#owners.hold(owner, this.#end));
    return ref;
  }

  #update(number: number, topic: string, key: string, content: Meta): string {
    return this.#applied(this.#replication.update(number, topic, key, content, this.#now));
  }

  /** Tracks for an owner that has ended already. It has a number only for the time of this call. */
  #joinAndLeave(topic: string, key: string, content: Meta): string {
    const number = this.#owners.hold(AbortSignal.abort(), this.#end);
    try {
      const ended = { ownerHasEnded: true };
      const ref = this.#applied(this.#replication.join(number, topic, key, content, this.#now, ended));
      this.#apply(this.#replication.leave(number, topic, key, this.#now));
      return ref;
    } finally {
      this.releaseIfIdle(number);
    }
  }

  readonly #end = (number: number): void => {
    if (this.#isClosed()) return;
    const owner = this.#owners.ownerOf(number);
    const isForGood = owner !== undefined && hasEndedForGood(owner);
    this.#apply(
      isForGood ? this.#replication.leaveAll(number, this.#now) : this.#replication.end(number, this.#now),
    );
  };

  /** A new presence replaces a pending leave of its topic and key, so one pending leave does not count. */
  #assertRoom(owner: number | undefined, topic: string, key: string): void {
    const { maxPerOwner, maxPerKey, maxPerTopic } = this.#options;
    const { presences } = this.#replication;
    if (owner !== undefined) assertBelowLimit("maxPerOwner", presences.countOf(owner), maxPerOwner);
    // A count by key builds the topic's index by key: callers without a limit should not pay for it.
    if (maxPerKey === UNLIMITED && maxPerTopic === UNLIMITED) return;
    const leaving = Math.min(1, presences.pendingLeaveCount(topic, key));
    if (maxPerKey < UNLIMITED)
      assertBelowLimit("maxPerKey", presences.count(topic, key) - leaving, maxPerKey);
    assertBelowLimit("maxPerTopic", presences.count(topic) - leaving, maxPerTopic);
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
