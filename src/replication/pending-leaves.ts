/** A presence whose owner, or replica, is gone: it is listed until its time is over or one like it comes. */
export interface PendingLeave {
  /** The id of its replica; `undefined` where that is ours. */
  readonly replica: string | undefined;
  readonly owner: number;
  readonly topic: string;
  readonly key: string;
  /** Of one of another replica, which can't change any more. */
  readonly dot: number;
}

/**
 * Presences that wait to leave. One that comes to the same topic and key lets the oldest of them go: a page that is
 * loaded anew counts once.
 */
export class PendingLeaves {
  /** Topic, key, and there the oldest first. */
  readonly #places = new Map<string, Map<string, Set<PendingLeave>>>();
  /** Those of ours, by what they are. */
  readonly #presences = new Map<string, PendingLeave>();
  /** Those of ours, by when their time is over: all wait as long, so they are in this order. */
  readonly #ours = new Map<PendingLeave, number>();

  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  /** When the next of ours is to leave. */
  get nextAt(): number {
    for (const until of this.#ours.values()) return until;
    return Number.POSITIVE_INFINITY;
  }

  /** Those of other replicas have no time of their own: their replica has. */
  add(waiter: PendingLeave, until?: number): void {
    const keys = this.#places.get(waiter.topic) ?? new Map<string, Set<PendingLeave>>();
    const place = keys.get(waiter.key) ?? new Set();
    this.#places.set(waiter.topic, keys.set(waiter.key, place.add(waiter)));
    if (until === undefined) return;
    this.#ours.set(waiter, until);
    this.#presences.set(presenceOf(waiter.owner, waiter.topic, waiter.key), waiter);
  }

  /** The presence of an owner of ours, where it waits. */
  find(owner: number, topic: string, key: string): PendingLeave | undefined {
    return this.#presences.get(presenceOf(owner, topic, key));
  }

  /** How many wait at this topic and key. */
  countAt(topic: string, key: string): number {
    return this.#places.get(topic)?.get(key)?.size ?? 0;
  }

  /** Takes out the one that has waited longest. */
  takeOldest(topic: string, key: string): PendingLeave | undefined {
    for (const waiter of this.#at(topic, key)) {
      this.delete(waiter);
      return waiter;
    }
    return undefined;
  }

  /** Takes out those of ours whose time is over. */
  takeDue(now: number): PendingLeave[] {
    const due: PendingLeave[] = [];
    for (const [waiter, until] of this.#ours) {
      if (until > now) break;
      due.push(waiter);
    }
    for (const waiter of due) this.delete(waiter);
    return due;
  }

  delete(waiter: PendingLeave): void {
    if (this.#ours.delete(waiter)) {
      this.#presences.delete(presenceOf(waiter.owner, waiter.topic, waiter.key));
    }
    const keys = this.#places.get(waiter.topic);
    const place = keys?.get(waiter.key);
    if (keys === undefined || !place?.delete(waiter) || place.size > 0) return;
    keys.delete(waiter.key);
    if (keys.size === 0) this.#places.delete(waiter.topic);
  }

  #at(topic: string, key: string): Iterable<PendingLeave> {
    return this.#places.get(topic)?.get(key) ?? [];
  }
}

/** One text for each presence of ours: with the length of the topic, no two are alike. */
function presenceOf(owner: number, topic: string, key: string): string {
  return `${owner} ${topic.length} ${topic}${key}`;
}
