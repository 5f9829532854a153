import type { Clock } from "../time/clock.ts";

/** A callback that is due at a moment of virtual time. */
export interface QueuedEvent {
  /** Whether the callback has neither run nor been cancelled. */
  readonly isPending: boolean;
  cancel(): void;
}

/** More events than this at one moment are an endless loop: virtual time would never move on. */
const MAX_EVENTS_PER_MOMENT = 1_000_000;

/**
 * Virtual time. Only `advance` moves it and runs callbacks: by the time at which they are due, and in the order in which
 * they were added where they are due at the same time. The queue is a binary heap.
 */
export class EventQueue {
  #now = 0;
  #added = 0;
  readonly #heap: HeapItem[] = [];

  /** Virtual ms since the start. */
  get now(): number {
    return this.#now;
  }

  /** Schedules `run` for `delayMs` from now. Without a positive delay it still waits for the next `advance`. */
  add(run: () => void, delayMs: number): QueuedEvent {
    const item = new HeapItem(this.#now + Math.max(delayMs || 0, 0), this.#added++, run);
    this.#heap.push(item);
    this.#rise(this.#heap.length - 1);
    return item;
  }

  /** When the next callback is due, or `Infinity`. A cancelled callback may still count. */
  get nextAt(): number {
    return this.#heap[0]?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  /** Moves time on by `ms` and runs every callback that comes due on the way, at its own time. */
  advance(ms: number): void {
    this.advanceTo(this.#now + ms);
  }

  /** Like `advance`, up to this moment. Time does not move back. */
  advanceTo(end: number): void {
    let atThisMoment = 0;
    for (let first = this.#heap[0]; first !== undefined && first.dueAt <= end; first = this.#heap[0]) {
      this.#takeFirst();
      if (!first.isPending) continue;
      atThisMoment = first.dueAt === this.#now ? atThisMoment + 1 : 0;
      if (atThisMoment > MAX_EVENTS_PER_MOMENT) {
        throw new Error(
          `Time stands still at ${this.#now} ms: timers with a delay of 0 keep setting new timers. Give one of them a delay.`,
        );
      }
      this.#now = first.dueAt;
      first.run();
    }
    this.#now = Math.max(this.#now, end);
  }

  #takeFirst(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink();
  }

  #rise(from: number): void {
    const item = this.#heap[from]!;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!item.isBefore(this.#heap[parent]!)) break;
      this.#heap[at] = this.#heap[parent]!;
      at = parent;
    }
    this.#heap[at] = item;
  }

  #sink(): void {
    const item = this.#heap[0]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#heap.length) break;
      if (child + 1 < this.#heap.length && this.#heap[child + 1]!.isBefore(this.#heap[child]!)) child++;
      if (!this.#heap[child]!.isBefore(item)) break;
      this.#heap[at] = this.#heap[child]!;
      at = child;
    }
    this.#heap[at] = item;
  }
}

/** Makes a clock that reads a queue's virtual time and sets its timers in the queue. */
export function queueClock(queue: EventQueue, wallNow: () => number): Clock {
  return {
    now: () => queue.now,
    wallNow,
    setTimer: (callback, delayMs) => {
      const event = queue.add(callback, delayMs);
      return () => event.cancel();
    },
  };
}

class HeapItem implements QueuedEvent {
  readonly dueAt: number;
  readonly #order: number;
  #run: (() => void) | undefined;

  constructor(dueAt: number, order: number, run: () => void) {
    this.dueAt = dueAt;
    this.#order = order;
    this.#run = run;
  }

  get isPending(): boolean {
    return this.#run !== undefined;
  }

  cancel(): void {
    this.#run = undefined;
  }

  run(): void {
    const run = this.#run;
    this.#run = undefined;
    run?.();
  }

  isBefore(other: HeapItem): boolean {
    return this.dueAt < other.dueAt || (this.dueAt === other.dueAt && this.#order < other.#order);
  }
}
