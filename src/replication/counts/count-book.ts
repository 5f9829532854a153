import type { PresenceSet } from "../../crdt/presence-set.ts";
import type { Place } from "../departures/place.ts";
import { countMeta } from "./count-meta.ts";
import { FewKeys } from "./few-keys.ts";

/** The number of local presences with one topic and key. */
interface OwnCount {
  readonly topic: string;
  readonly key: string;
  /** The number of the owner of its entry in the replicated set. */
  readonly owner: number;
  n: number;
  /** The number that peers were last given. 0 if there is no entry. */
  published: number;
  /** How many of them were pending leaves then. */
  publishedPending: number;
}

/**
 * The numbers of this replica, by topic and key. Each is an entry of the replicated set with an owner of its own, because an
 * owner with many presences takes more memory. However often a number changes between two flushes, it is published once.
 */
export class CountBook {
  readonly #topics = new Map<string, FewKeys<OwnCount>>();
  /** The numbers that have changed since they were last published. */
  readonly #changed = new Set<OwnCount>();
  readonly #freeOwners: number[] = [];
  #ownerCount = 0;

  /** Whether `settle` has nothing to do. */
  get isSettled(): boolean {
    return this.#changed.size === 0;
  }

  /** The number of local presences with this topic and key. */
  numberOf(topic: string, key: string): number {
    return this.#topics.get(topic)?.get(key)?.n ?? 0;
  }

  add({ topic, key }: Place, by: number): void {
    const own = this.#topics.get(topic)?.get(key) ?? this.#create(topic, key);
    own.n += by;
    this.#changed.add(own);
  }

  /** Notes that more or fewer of these presences are pending leaves than before. */
  touch({ topic, key }: Place): void {
    const own = this.#topics.get(topic)?.get(key);
    if (own !== undefined) this.#changed.add(own);
  }

  /**
   * Brings the replicated set up to date. A number that has returned to what peers have is not an event. From 0 it is a join, to
   * 0 a leave, and otherwise an update: an entry of 0 would stay in the memory of every peer.
   *
   * @param pendingAt How many of our presences at a place are pending leaves.
   */
  settle(set: PresenceSet, pendingAt: (place: Place) => number): void {
    for (const own of this.#changed) {
      const { topic, key, owner, n, published } = own;
      const pending = pendingAt(own);
      if (n !== published || pending !== own.publishedPending) {
        if (n === 0) set.leave(owner, topic, key);
        else if (published === 0) set.join(owner, topic, key, countMeta(n, pending));
        else set.update(owner, topic, key, countMeta(n, pending));
        own.published = n;
        own.publishedPending = pending;
      }
      if (n === 0) this.#delete(own);
    }
    this.#changed.clear();
  }

  #create(topic: string, key: string): OwnCount {
    const own = {
      topic,
      key,
      owner: this.#freeOwners.pop() ?? this.#ownerCount++,
      n: 0,
      published: 0,
      publishedPending: 0,
    };
    const keys = this.#topics.get(topic) ?? new FewKeys<OwnCount>();
    keys.set(key, own);
    this.#topics.set(topic, keys);
    return own;
  }

  #delete({ topic, key, owner }: OwnCount): void {
    const keys = this.#topics.get(topic)!;
    keys.delete(key);
    if (keys.size === 0) this.#topics.delete(topic);
    this.#freeOwners.push(owner);
  }
}
