export interface BackoffOptions {
  /** The delay after the first failure, in ms. Each further failure doubles it. */
  readonly firstMs: number;
  /** The longest delay, in ms. */
  readonly maxMs: number;
  /** Returns a number from 0 to below 1. Jitter shortens each delay by up to half. No jitter by default. */
  readonly random?: () => number;
}

/** Exponential backoff, without a timer of its own. */
export class Backoff {
  readonly #options: BackoffOptions;
  #delayMs = 0;
  #soonestAt = Number.NEGATIVE_INFINITY;
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** The earliest time for the next attempt. */
  get nextAt(): number {
    return this.#nextAt;
  }

  recordFailure(now: number): void {
    const { firstMs, maxMs, random = () => 0 } = this.#options;
    this.#delayMs = Math.min(maxMs, this.#delayMs * 2 || firstMs);
    this.#soonestAt = now + firstMs;
    this.#nextAt = now + this.#delayMs * (1 - random() / 2);
  }

  /** Something has changed, so the next attempt is due earlier: at once, but not before `firstMs` after the last failure. */
  hurry(now: number): void {
    this.#nextAt = Math.min(this.#nextAt, Math.max(now, this.#soonestAt));
  }

  reset(): void {
    this.#delayMs = 0;
    this.#nextAt = Number.NEGATIVE_INFINITY;
  }
}
