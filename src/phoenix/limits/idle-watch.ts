import type { Clock } from "../../time/clock.ts";

/** Finds the connections that have been silent for the whole timeout. One timer serves any number of them. */
export class IdleWatch<Watched> {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onIdle: (silent: Watched) => void;
  /** When each was last active. The one that has been silent for the longest time comes first. */
  readonly #lastActive = new Map<Watched, number>();
  #cancel: (() => void) | undefined = undefined;

  constructor(clock: Clock, timeoutMs: number, onIdle: (silent: Watched) => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onIdle = onIdle;
  }

  /** Records activity. The first call starts the watch. */
  touch(watched: Watched): void {
    // Delete it first: this moves it to the end of the map.
    this.#lastActive.delete(watched);
    this.#lastActive.set(watched, this.#clock.now());
    if (this.#cancel === undefined) this.#schedule();
  }

  forget(watched: Watched): void {
    this.#lastActive.delete(watched);
    if (this.#lastActive.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(): void {
    const [oldest] = this.#lastActive.values();
    if (oldest === undefined) {
      this.#cancel = undefined;
      return;
    }
    const delayMs = Math.max(0, oldest + this.#timeoutMs - this.#clock.now());
    this.#cancel = this.#clock.setTimer(() => this.#sweep(), delayMs);
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [watched, lastActive] of this.#lastActive) {
      if (lastActive + this.#timeoutMs > now) break;
      this.#lastActive.delete(watched);
      this.#onIdle(watched);
    }
    this.#schedule();
  }
}
