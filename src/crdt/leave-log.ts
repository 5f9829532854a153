import type { LeavePair } from "./fragment.ts";

/**
 * The leave pairs of one replica that were merged last, oldest out. With them a peer that missed a few leaves
 * gets just those; without them it gets everything that is known, save what still stands.
 */
export class LeaveLog {
  readonly #limit: number;
  /** Leave dot to dead dot. */
  readonly #pairs = new Map<number, number>();
  /** The leave dots in a ring: a map would find its oldest only behind the holes of all that went before. */
  readonly #ring: number[] = [];
  #oldest = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#pairs.size;
  }

  add({ leave, dead }: LeavePair): void {
    if (this.#limit < 1 || this.#pairs.has(leave)) return;
    this.#pairs.set(leave, dead);
    if (this.#ring.length < this.#limit) {
      this.#ring.push(leave);
      return;
    }
    this.#pairs.delete(this.#ring[this.#oldest]!);
    this.#ring[this.#oldest] = leave;
    this.#oldest = (this.#oldest + 1) % this.#ring.length;
  }

  /** The dot that this leave ended, where the log still has it. */
  get(leave: number): number | undefined {
    return this.#pairs.get(leave);
  }

  /** All pairs as `[leave, dead]`, in no order. */
  [Symbol.iterator](): IterableIterator<[leave: number, dead: number]> {
    return this.#pairs.entries();
  }
}
