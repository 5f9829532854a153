import type { Clock } from "../../time/clock.ts";

/** A token bucket. It holds the tokens of one second, and refills continuously. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #tokens: number;
  #refilledAt: number;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#refilledAt = clock.now();
  }

  /** Takes a token. Returns false if the bucket is empty. */
  take(): boolean {
    const now = this.#clock.now();
    const refill = ((now - this.#refilledAt) * this.#perSecond) / 1_000;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + refill);
    this.#refilledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
