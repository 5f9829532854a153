import { Backoff } from "../../time/backoff.ts";

/**
 * Schedules attempts with exponential backoff from 100 ms to 2 s. Jitter keeps the processes of a cluster from reconnecting at
 * the same moment.
 */
export class RetryTimer {
  readonly #attempt: () => void;
  readonly #backoff = new Backoff({ firstMs: 100, maxMs: 2_000, random: Math.random });
  #timer: NodeJS.Timeout | undefined = undefined;

  constructor(attempt: () => void) {
    this.#attempt = attempt;
  }

  /** Schedules an attempt, unless one is scheduled already. */
  start(): void {
    if (this.#timer !== undefined) return;
    const now = performance.now();
    this.#backoff.recordFailure(now);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#attempt();
    }, this.#backoff.nextAt - now).unref();
  }

  /** Cancels the scheduled attempt and resets the backoff. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#backoff.reset();
  }
}
