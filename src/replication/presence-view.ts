import type { Intervals } from "../crdt/intervals.ts";
import type { PresenceRecord } from "../crdt/live-entry.ts";
import type { PresenceSet } from "../crdt/presence-set.ts";
import type { PresenceMeta } from "../payload.ts";
import type { Departures } from "./departures/departures.ts";

/** The presences that a replica knows of, for reading only. Owners are the numbers of this replica's own owners. */
export class PresenceView {
  readonly #set: PresenceSet;
  readonly #departures: Departures;

  constructor(set: PresenceSet, departures: Departures) {
    this.#set = set;
    this.#departures = departures;
  }

  /** Every visible presence of a topic, in order of arrival here. */
  list(topic: string): [key: string, meta: PresenceMeta][] {
    return this.#set.list(topic);
  }

  /** The visible metas of one key of a topic. O(metas of that key). */
  getByKey(topic: string, key: string): PresenceMeta[] {
    return this.#set.getByKey(topic, key);
  }

  /** The number of visible presences of a topic, or of one key in it. O(1). */
  count(topic: string, key?: string): number {
    return this.#set.count(topic, key);
  }

  /** The number of visible keys of a topic. O(1). */
  keyCount(topic: string): number {
    return this.#set.keyCount(topic);
  }

  /** The topics with at least one visible presence. */
  topics(): string[] {
    return this.#set.topics();
  }

  /** The presence of one owner with this topic and key. */
  get(owner: number, topic: string, key: string): PresenceRecord | undefined {
    return this.#set.get(owner, topic, key);
  }

  /** The presences of one owner, in no order. */
  presencesOf(owner: number): PresenceRecord[] {
    return this.#set.presencesOf(owner);
  }

  /** The number of presences of one owner. O(1). */
  countOf(owner: number): number {
    return this.#set.countOf(owner);
  }

  /** Whether this presence of one owner is a pending leave. */
  isPendingLeave(owner: number, topic: string, key: string): boolean {
    return this.#departures.isPending(owner, topic, key);
  }

  /** The number of pending leaves with this topic and key, of any replica, that a new presence could supersede. */
  pendingLeaveCount(topic: string, key: string): number {
    return this.#departures.countAt(topic, key);
  }

  /** The ids of all replicas with a slice here, this one first. */
  replicas(): string[] {
    return this.#set.replicas();
  }

  /** The number of presences of a replica, visible or not. O(1). */
  countOfReplica(replica: string): number {
    return this.#set.countOfReplica(replica);
  }

  /** The events of a replica that were seen here, as a copy. */
  seenOf(replica: string): Intervals {
    return this.#set.seenOf(replica);
  }

  /** The digest of the live dots of a replica. */
  digestOf(replica: string): number {
    return this.#set.digestOf(replica);
  }
}
