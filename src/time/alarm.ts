import type { Clock } from "./clock.ts";

const NEVER = Number.POSITIVE_INFINITY;

/**
 * One timer that can be moved often at little cost. When the alarm moves to a later time, the timer stays; when it fires too
 * early, it waits for the rest.
 */
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

  /** Rings at `at`. It replaces the time that was set before. `keepsAlive` keeps the process running until then. */
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
