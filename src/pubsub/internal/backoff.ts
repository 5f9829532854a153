const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 2_000;

/**
 * Tries something again, later each time: after 100 ms at first, after 2 s at most, and each time by chance up to half of it
 * sooner, so that the processes of a cluster don't return in step.
 */
export class Backoff {
  readonly #attempt: () => void;
  #delayMs = FIRST_DELAY_MS;
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(attempt: () => void) {
    this.#attempt = attempt;
  }

  /** One attempt is due, unless one is already. */
  start(): void {
    if (this.#timer !== undefined) return;
    const delayMs = this.#delayMs * (1 - Math.random() / 2);
    this.#delayMs = Math.min(this.#delayMs * 2, LONGEST_DELAY_MS);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#attempt();
    }, delayMs).unref();
  }

  /** None is due any more, and the next one comes soon again. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#delayMs = FIRST_DELAY_MS;
  }
}
