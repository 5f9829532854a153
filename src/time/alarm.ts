import type { Clock } from "./clock.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** One timer, that is set anew as seldom as can be: put off, it goes off early once and then waits for the rest. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #at = NEVER;
  #timerAt = NEVER;
  #cancel: () => void = () => {};

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at `at`, and no longer at the time that was set before. */
  set(at: number, keepsAlive: boolean): void {
    this.#at = at;
    if (at === NEVER) this.clear();
    else if (at < this.#timerAt || keepsAlive) this.#wait(keepsAlive);
  }

  clear(): void {
    this.#cancel();
    this.#at = NEVER;
    this.#timerAt = NEVER;
  }

  #wait(keepsAlive: boolean): void {
    this.#cancel();
    this.#timerAt = this.#at;
    const delayMs = Math.max(0, this.#at - this.#clock.now());
    this.#cancel = this.#clock.setTimer(() => this.#wake(keepsAlive), delayMs, { keepsAlive });
  }

  #wake(keepsAlive: boolean): void {
    this.#timerAt = NEVER;
    if (this.#at === NEVER) return;
    if (this.#clock.now() < this.#at) this.#wait(keepsAlive);
    else this.#ring();
  }
}
