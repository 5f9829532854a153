import type { Clock } from "../../time/clock.ts";

/** Finds who has been silent for too long, however many there are, by one timer. */
export class IdleWatch<Watched> {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #end: (silent: Watched) => void;
  /** When each was heard last: the longest silent first. */
  readonly #heardAt = new Map<Watched, number>();
  #cancel: (() => void) | undefined = undefined;

  constructor(clock: Clock, timeoutMs: number, end: (silent: Watched) => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#end = end;
  }

  touch(watched: Watched): void {
    // Anew, so that it is the last.
    this.#heardAt.delete(watched);
    this.#heardAt.set(watched, this.#clock.now());
    if (this.#cancel === undefined) this.#wait();
  }

  forget(watched: Watched): void {
    this.#heardAt.delete(watched);
    if (this.#heardAt.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(): void {
    const [oldest] = this.#heardAt.values();
    if (oldest === undefined) {
      this.#cancel = undefined;
      return;
    }
    const delayMs = Math.max(0, oldest + this.#timeoutMs - this.#clock.now());
    this.#cancel = this.#clock.setTimer(() => this.#sweep(), delayMs);
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [watched, heardAt] of this.#heardAt) {
      if (heardAt + this.#timeoutMs > now) break;
      this.#heardAt.delete(watched);
      this.#end(watched);
    }
    this.#wait();
  }
}
