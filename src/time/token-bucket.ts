import type { RunningTime } from "./running-time.ts";

/** A token bucket. It holds the tokens of one second, and refills continuously while the event loop runs. */
export class TokenBucket {
  readonly #time: RunningTime;
  readonly #perSecond: number;
  #tokens: number;
  #refilledAt: number;

  constructor(time: RunningTime, perSecond: number) {
    this.#time = time;
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#refilledAt = time.now();
  }

  get isFull(): boolean {
    return this.#refill() === this.#perSecond;
  }

  /** Whether `take` would return true. */
  get hasToken(): boolean {
    return this.#refill() >= 1;
  }

  /** How long, in ms, the bucket refills until it holds no debt. */
  get debtMs(): number {
    return Math.max(0, (-this.#refill() * 1_000) / this.#perSecond);
  }

  /** Takes a token. Returns false if the bucket is empty. */
  take(): boolean {
    if (this.#refill() < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Takes so many tokens, or all if there are fewer. */
  takeUpTo(tokens: number): void {
    this.#tokens = Math.max(0, this.#refill() - tokens);
  }

  /** Takes tokens, also those that the bucket does not hold yet: a debt. */
  spend(tokens: number): void {
    this.#tokens = this.#refill() - tokens;
  }

  /** Leaves out this much of the time until now: the bucket does not refill for it. */
  skip(ms: number): void {
    this.#refilledAt += ms;
  }

  #refill(): number {
    const now = this.#time.now();
    // After skip, the last refill may lie ahead.
    const ms = Math.max(0, now - this.#refilledAt);
    this.#tokens = Math.min(this.#perSecond, this.#tokens + (ms * this.#perSecond) / 1_000);
    this.#refilledAt = Math.max(now, this.#refilledAt);
    return this.#tokens;
  }
}
