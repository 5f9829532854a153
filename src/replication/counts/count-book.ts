import type { PresenceSet } from "../../crdt/presence-set.ts";
import type { CountChange } from "./count-change.ts";
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

  /** Whether `settle` has anything to do. */
  get isSettled(): boolean {
    return this.#changed.size === 0;
  }

  /** The number of local presences with this topic and key. */
  numberOf(topic: string, key: string): number {
    return this.#topics.get(topic)?.get(key)?.n ?? 0;
  }

  add({ topic, key, joins, leaves }: CountChange): void {
    const own = this.#topics.get(topic)?.get(key) ?? this.#create(topic, key);
    own.n += joins - leaves;
    this.#changed.add(own);
  }

  /**
   * Brings the replicated set up to date. A number that has returned to what peers have is not an event. From 0 it is a join, to
   * 0 a leave, and otherwise an update: an entry of 0 would stay in the memory of every peer.
   */
  settle(set: PresenceSet): void {
    for (const own of this.#changed) {
      const { topic, key, owner, n, published } = own;
      if (n !== published) {
        if (published === 0) set.join(owner, topic, key, countMeta(n));
        else if (n === 0) set.leave(owner, topic, key);
        else set.update(owner, topic, key, countMeta(n));
        own.published = n;
      }
      if (n === 0) this.#delete(own);
    }
    this.#changed.clear();
  }

  #create(topic: string, key: string): OwnCount {
    const own = { topic, key, owner: this.#freeOwners.pop() ?? this.#ownerCount++, n: 0, published: 0 };
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
