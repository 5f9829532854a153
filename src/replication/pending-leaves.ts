/** A presence that is about to leave and is still listed, because its owner has ended or its replica has left. */
export interface PendingLeave {
  /** The id of its replica, or `undefined` for a presence of our own. */
  readonly replica: string | undefined;
  readonly owner: number;
  readonly topic: string;
  readonly key: string;
  /** The dot of its join or latest update. Only used for another replica, whose presences cannot change any more. */
  readonly dot: number;
}

/** The pending leaves of this replica and of replicas that have left. */
export class PendingLeaves {
  /** By topic and then by key, the oldest first. */
  readonly #byTopic = new Map<string, Map<string, Set<PendingLeave>>>();
  /** Our own, by `presenceKey`. */
  readonly #own = new Map<string, PendingLeave>();
  /** When each of our own leaves. All wait for the same time, so the first to leave comes first. */
  readonly #ownDueAt = new Map<PendingLeave, number>();

  get isEmpty(): boolean {
    return this.#byTopic.size === 0;
  }

  /** When the next of our own is due. */
  get nextAt(): number {
    for (const dueAt of this.#ownDueAt.values()) return dueAt;
    return Number.POSITIVE_INFINITY;
  }

  /** Adds one of our own with the time at which it is due, or one of another replica without. */
  add(pending: PendingLeave, dueAt?: number): void {
    const keys = this.#byTopic.get(pending.topic) ?? new Map<string, Set<PendingLeave>>();
    const sameKey = keys.get(pending.key) ?? new Set();
    this.#byTopic.set(pending.topic, keys.set(pending.key, sameKey.add(pending)));
    if (dueAt === undefined) return;
    this.#ownDueAt.set(pending, dueAt);
    this.#own.set(presenceKey(pending), pending);
  }

  /** The pending leave of one of our own owners. */
  find(owner: number, topic: string, key: string): PendingLeave | undefined {
    return this.#own.get(presenceKey({ owner, topic, key }));
  }

  /** The number of pending leaves with this topic and key. */
  countAt(topic: string, key: string): number {
    return this.#byTopic.get(topic)?.get(key)?.size ?? 0;
  }

  /** Removes and returns the oldest with this topic and key. */
  takeOldest(topic: string, key: string): PendingLeave | undefined {
    for (const pending of this.#at(topic, key)) {
      this.delete(pending);
      return pending;
    }
    return undefined;
  }

  /** Removes and returns those of our own that are due. */
  takeDue(now: number): PendingLeave[] {
    const due: PendingLeave[] = [];
    for (const [pending, dueAt] of this.#ownDueAt) {
      if (dueAt > now) break;
      due.push(pending);
    }
    for (const pending of due) this.delete(pending);
    return due;
  }

  delete(pending: PendingLeave): void {
    if (this.#ownDueAt.delete(pending)) this.#own.delete(presenceKey(pending));
    const keys = this.#byTopic.get(pending.topic);
    const sameKey = keys?.get(pending.key);
    if (keys === undefined || !sameKey?.delete(pending) || sameKey.size > 0) return;
    keys.delete(pending.key);
    if (keys.size === 0) this.#byTopic.delete(pending.topic);
  }

  #at(topic: string, key: string): Iterable<PendingLeave> {
    return this.#byTopic.get(topic)?.get(key) ?? [];
  }
}

interface PresenceName {
  readonly replica?: string | undefined;
  readonly owner: number;
  readonly topic: string;
  readonly key: string;
}

/** One string for each presence. Because it contains the lengths, no two presences share one. */
export function presenceKey({ replica = "", owner, topic, key }: PresenceName): string {
  return `${owner} ${replica.length} ${topic.length} ${replica}${topic}${key}`;
}
