import type { Intervals } from "../../crdt/intervals.ts";
import type { PresenceRecord } from "../../crdt/live-entry.ts";
import type { PresenceSet } from "../../crdt/presence-set.ts";
import type { Replication } from "../replication.ts";
import type { TrackerPresences } from "../tracker-replication.ts";
import { numberIn } from "./count-meta.ts";
import type { CountSums } from "./count-sums.ts";

interface CountViewOptions {
  readonly local: PresenceSet;
  readonly sums: CountSums;
  readonly published: Replication;
}

/**
 * What a replica of counts knows, for reading only: its own presences, and how many there are in the cluster. No presence of
 * another replica is known, so lists of presences are empty.
 */
export class CountView implements TrackerPresences {
  readonly #local: PresenceSet;
  readonly #sums: CountSums;
  readonly #published: Replication;

  constructor({ local, sums, published }: CountViewOptions) {
    this.#local = local;
    this.#sums = sums;
    this.#published = published;
  }

  list(): [] {
    return [];
  }

  getByKey(): [] {
    return [];
  }

  /** The number of presences of a topic in the cluster, or of one key in it. O(1). */
  count(topic: string, key?: string): number {
    return this.#sums.count(topic, key);
  }

  /** The number of keys of a topic with at least one presence in the cluster. O(1). */
  keyCount(topic: string): number {
    return this.#sums.keyCount(topic);
  }

  /** The topics with at least one presence in the cluster. */
  topics(): string[] {
    return this.#sums.topics();
  }

  /** The presence of one of our own owners with this topic and key. */
  get(owner: number, topic: string, key: string): PresenceRecord | undefined {
    return this.#local.get(owner, topic, key);
  }

  /** The presences of one of our own owners, in no order. */
  presencesOf(owner: number): PresenceRecord[] {
    return this.#local.presencesOf(owner);
  }

  /** The number of presences of one of our own owners. O(1). */
  countOf(owner: number): number {
    return this.#local.countOf(owner);
  }

  /** Whether this presence of one of our own owners is a pending leave. */
  isPendingLeave(owner: number, topic: string, key: string): boolean {
    return this.#published.presences.isPendingLeave(owner, topic, key);
  }

  /** The number of pending leaves with this topic and key, of any replica, that a new presence could supersede. */
  pendingLeaveCount(topic: string, key: string): number {
    return this.#published.presences.pendingLeaveCount(topic, key);
  }

  /** The ids of all replicas whose numbers are known here, this one first. */
  replicas(): string[] {
    return this.#published.presences.replicas();
  }

  /** The number of presences of a replica, visible or not. O(entries of the replica), except for our own. */
  countOfReplica(replica: string): number {
    if (replica === this.#published.self.id) return this.#local.countOfReplica(this.#local.replica);
    return this.numbersOf(replica).reduce((sum, { n }) => sum + n, 0);
  }

  /** The events of a replica that were seen here, as a copy. */
  seenOf(replica: string): Intervals {
    return this.#published.presences.seenOf(replica);
  }

  /** The digest of the live dots of a replica. */
  digestOf(replica: string): number {
    return this.#published.presences.digestOf(replica);
  }

  /**
   * The numbers that a replica has published, as far as they are known here, visible or not. Of a replica that has left, newcomers
   * have superseded some of the presences.
   */
  numbersOf(replica: string): { readonly topic: string; readonly key: string; readonly n: number }[] {
    const left = [...this.#published.lingering].find(({ sender }) => sender.id === replica);
    if (left !== undefined)
      return Array.from(left.presences.places(), ({ topic, key }) => ({
        topic,
        key,
        n: left.presences.countAt({ topic, key }),
      }));
    return this.#published.presences
      .presencesOfReplica(replica)
      .map((entry) => ({ topic: entry.topic, key: entry.key, n: numberIn(entry) }));
  }

  /** Whether the numbers of a replica are part of the sums. */
  isShown(replica: string): boolean {
    return this.#published.presences.isShown(replica);
  }
}
