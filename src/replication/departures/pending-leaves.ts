import { type Place, PlaceMap } from "./place.ts";

/** A presence of our own that is about to leave and is still listed, because its owner has ended. */
export interface PendingLeave extends Place {
  readonly owner: number;
  /** Counts the pending leaves of this replica, from 1. */
  readonly number: number;
}

/** A pending leave to add. */
export type NewPendingLeave = Omit<PendingLeave, "number">;

/** The pending leaves of this replica. */
export class PendingLeaves {
  /** At each place, the oldest first. */
  readonly #byPlace = new PlaceMap<Set<PendingLeave>>();
  readonly #byPresence = new Map<string, PendingLeave>();
  /** When each of them leaves. All wait for the same time, so the first to leave comes first. */
  readonly #dueAt = new Map<PendingLeave, number>();
  #lastNumber = 0;

  get isEmpty(): boolean {
    return this.#dueAt.size === 0;
  }

  /** How many pending leaves there have been so far: the number of the latest one. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** When the next one is due. */
  get nextAt(): number {
    for (const dueAt of this.#dueAt.values()) return dueAt;
    return Number.POSITIVE_INFINITY;
  }

  /** All of them, the oldest first. */
  all(): IterableIterator<PendingLeave> {
    return this.#dueAt.keys();
  }

  add({ owner, topic, key }: NewPendingLeave, dueAt: number): PendingLeave {
    const pending = { owner, topic, key, number: ++this.#lastNumber };
    const here = this.#byPlace.get(pending);
    if (here === undefined) this.#byPlace.set(pending, new Set([pending]));
    else here.add(pending);
    this.#dueAt.set(pending, dueAt);
    this.#byPresence.set(presenceKey(pending), pending);
    return pending;
  }

  find(owner: number, topic: string, key: string): PendingLeave | undefined {
    return this.#byPresence.get(presenceKey({ owner, topic, key }));
  }

  /** Whether it is still to come. */
  has(pending: PendingLeave): boolean {
    return this.#dueAt.has(pending);
  }

  /** The number of pending leaves with this topic and key. */
  countAt(topic: string, key: string): number {
    return this.#byPlace.get({ topic, key })?.size ?? 0;
  }

  /** When the oldest with this topic and key leaves, or infinity. */
  oldestDueAt(topic: string, key: string): number {
    for (const pending of this.#byPlace.get({ topic, key }) ?? []) return this.#dueAt.get(pending)!;
    return Number.POSITIVE_INFINITY;
  }

  /** Removes and returns the oldest with this topic and key, unless its number is above `upTo`. */
  takeOldest(topic: string, key: string, upTo: number = Number.POSITIVE_INFINITY): PendingLeave | undefined {
    for (const pending of this.#byPlace.get({ topic, key }) ?? []) {
      if (pending.number > upTo) return undefined;
      this.delete(pending);
      return pending;
    }
    return undefined;
  }

  /** Removes and returns those that are due. */
  takeDue(now: number): PendingLeave[] {
    const due: PendingLeave[] = [];
    for (const [pending, dueAt] of this.#dueAt) {
      if (dueAt > now) break;
      due.push(pending);
    }
    for (const pending of due) this.delete(pending);
    return due;
  }

  delete(pending: PendingLeave): void {
    if (!this.#dueAt.delete(pending)) return;
    this.#byPresence.delete(presenceKey(pending));
    const here = this.#byPlace.get(pending)!;
    here.delete(pending);
    if (here.size === 0) this.#byPlace.delete(pending);
  }
}

/** One string for each presence of our own. Because it contains the length of the topic, no two presences share one. */
function presenceKey({ owner, topic, key }: NewPendingLeave): string {
  return `${owner} ${topic.length} ${topic}${key}`;
}
