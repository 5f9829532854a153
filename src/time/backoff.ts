const LEAST_MS = 1_000;
const MOST_MS = 30_000;

/** When to try again what has failed: each time twice as long after, from 1 s to 30 s. */
export class Backoff {
  #delayMs = 0;
  #soonestAt = Number.NEGATIVE_INFINITY;
  #nextAt = Number.NEGATIVE_INFINITY;

  /** Not before this. */
  get nextAt(): number {
    return this.#nextAt;
  }

  recordFailure(now: number): void {
    this.#delayMs = Math.min(MOST_MS, this.#delayMs * 2 || LEAST_MS);
    this.#soonestAt = now + LEAST_MS;
    this.#nextAt = now + this.#delayMs;
  }

  /** There is news: it is tried as soon as may be, which is once a second. */
  hurry(now: number): void {
    this.#nextAt = Math.min(this.#nextAt, Math.max(now, this.#soonestAt));
  }

  reset(): void {
    this.#delayMs = 0;
    this.#nextAt = Number.NEGATIVE_INFINITY;
  }
}
