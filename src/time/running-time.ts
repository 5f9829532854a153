import type { Clock } from "./clock.ts";

/** How often the timer checks that the event loop runs. */
const TICK_MS = 25;
/** The most that counts between two ticks. A tick that is later than that was held up. */
const MAX_STEP_MS = 2 * TICK_MS;
/** The timer stops after this time without a reading. The time that is read next begins there. */
const IDLE_MS = 1_000;

/**
 * The time in which the event loop ran, in ms. Time in which one piece of work held up the loop, or the process was paused, counts as
 * at most 50 ms. Limits per second are measured with it: what clients send meanwhile waits in the buffers of the system, and would
 * otherwise all be within the limit when the loop runs again.
 *
 * It runs for a second after each reading, and then stops until the next one. Use it only for what is back to normal by then.
 */
export class RunningTime {
  readonly #clock: Clock;
  #ms = 0;
  #tickedAt = 0;
  #readAt = 0;
  #isTicking = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    const now = this.#clock.now();
    if (!this.#isTicking) {
      this.#isTicking = true;
      this.#tickedAt = now;
      this.#setTimer();
    }
    this.#readAt = this.#at(now);
    return this.#readAt;
  }

  #at(now: number): number {
    return this.#ms + Math.min(now - this.#tickedAt, MAX_STEP_MS);
  }

  #tick(): void {
    const now = this.#clock.now();
    this.#ms = this.#at(now);
    this.#tickedAt = now;
    this.#isTicking = this.#ms - this.#readAt < IDLE_MS;
    if (this.#isTicking) this.#setTimer();
  }

  #setTimer(): void {
    this.#clock.setTimer(() => this.#tick(), TICK_MS);
  }
}
