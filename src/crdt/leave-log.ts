import { LimitError } from "../errors.ts";
import type { LeavePair } from "./fragment.ts";

export const DEFAULT_LOG_LIMIT = 4_096;

/**
 * The leave pairs of one replica that were added last. A peer that missed a few leaves is sent just those. Without them
 * it would be sent all of `seen`, minus the live dots that it has.
 */
export class LeaveLog {
  readonly #limit: number;
  /** The ended dot of each leave dot. */
  readonly #pairs = new Map<number, number>();
  /** The leave dots as a ring buffer. The first key of the map would be the oldest too, but is slow to find after many deletions. */
  readonly #ring: number[] = [];
  #oldest = 0;

  /** @throws {LimitError} when the limit is negative or `NaN`. */
  constructor(limit: number) {
    if (!(limit >= 0)) {
      throw new LimitError(
        `logLimit is ${limit}; it must be a number of at least 0. Leave it out for ${DEFAULT_LOG_LIMIT}.`,
        { limit: "logLimit", given: limit, allowed: 0 },
      );
    }
    this.#limit = limit;
  }

  get size(): number {
    return this.#pairs.size;
  }

  /** Adds a pair. If the log is full, the oldest pair makes room. */
  add({ leave, ended }: LeavePair): void {
    if (this.#limit < 1 || this.#pairs.has(leave)) return;
    this.#pairs.set(leave, ended);
    if (this.#ring.length < this.#limit) {
      this.#ring.push(leave);
      return;
    }
    this.#pairs.delete(this.#ring[this.#oldest]!);
    this.#ring[this.#oldest] = leave;
    this.#oldest = (this.#oldest + 1) % this.#ring.length;
  }

  /** The dot that this leave ended, if the log still has the pair. */
  get(leave: number): number | undefined {
    return this.#pairs.get(leave);
  }

  /** All pairs as `[leave, ended]`, in no particular order. */
  [Symbol.iterator](): IterableIterator<[leave: number, ended: number]> {
    return this.#pairs.entries();
  }
}
