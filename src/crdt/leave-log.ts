import type { LeavePair } from "./fragment.ts";

/**
 * The leave pairs of one replica that were merged last, oldest out. With them a peer that missed a few leaves
 * gets just those; without them it gets everything that is known, save what still stands.
 */
export class LeaveLog {
  readonly #limit: number;
  /** Leave dot to dead dot. */
  readonly #pairs = new Map<number, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#pairs.size;
  }

  add({ leave, dead }: LeavePair): void {
    this.#pairs.set(leave, dead);
    if (this.#pairs.size > this.#limit) this.#pairs.delete(this.#pairs.keys().next().value!);
  }

  /** The dot that this leave ended, where the log still has it. */
  get(leave: number): number | undefined {
    return this.#pairs.get(leave);
  }

  /** All pairs as `[leave, dead]`, oldest first. */
  [Symbol.iterator](): IterableIterator<[leave: number, dead: number]> {
    return this.#pairs.entries();
  }
}
