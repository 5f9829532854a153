/** Something that happens at a moment of virtual time. */
export interface QueuedEvent {
  /** Whether it has neither happened nor been cancelled. */
  readonly isPending: boolean;
  cancel(): void;
}

/** So many events at one moment are not a busy moment, but a loop: virtual time would never move on. */
const MOST_AT_ONE_MOMENT = 1_000_000;

/**
 * Virtual time: what is to happen, by the moment at which it is due; at one moment, in the order in which it was
 * added. A binary heap. Nothing happens but inside `advance`.
 */
export class EventQueue {
  #now = 0;
  #added = 0;
  readonly #heap: Item[] = [];

  /** Virtual ms since the start. */
  get now(): number {
    return this.#now;
  }

  /** Lets `run` happen `delayMs` from now; at once, but still inside `advance`, where that is not above 0. */
  add(run: () => void, delayMs: number): QueuedEvent {
    const item = new Item(this.#now + Math.max(delayMs || 0, 0), this.#added++, run);
    this.#heap.push(item);
    this.#rise(this.#heap.length - 1);
    return item;
  }

  /** Moves time on by `ms`, and stops on the way at all that is due. */
  advance(ms: number): void {
    const end = this.#now + ms;
    let atThisMoment = 0;
    for (let first = this.#heap[0]; first !== undefined && first.dueAt <= end; first = this.#heap[0]) {
      this.#takeFirst();
      if (!first.isPending) continue;
      atThisMoment = first.dueAt === this.#now ? atThisMoment + 1 : 0;
      if (atThisMoment > MOST_AT_ONE_MOMENT) {
        throw new Error(`Time stands still at ${this.#now} ms: timers of no delay set one another for ever.`);
      }
      this.#now = first.dueAt;
      first.happen();
    }
    this.#now = end;
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

class Item implements QueuedEvent {
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

  happen(): void {
    const run = this.#run;
    this.#run = undefined;
    run?.();
  }

  isBefore(other: Item): boolean {
    return this.dueAt < other.dueAt || (this.dueAt === other.dueAt && this.#order < other.#order);
  }
}
