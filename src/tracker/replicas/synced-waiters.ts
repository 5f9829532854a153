import { MAX_TIMER_MS } from "../../checks/check-argument.ts";
import type { Clock } from "../../time/clock.ts";

/** The callers that wait for the initial sync. */
export class SyncedWaiters {
  readonly #clock: Clock;
  readonly #waiting = new Set<(isSynced: boolean) => void>();
  #outcome: boolean | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves all waiting callers. `true` is final; after `false` a later `true` still counts. */
  settle(isSynced: boolean): void {
    if (this.#outcome !== true) this.#outcome = isSynced;
    for (const resolve of this.#waiting) resolve(isSynced);
    this.#waiting.clear();
  }

  wait(timeoutMs: number): Promise<boolean> {
    if (this.#outcome !== undefined) return Promise.resolve(this.#outcome);
    return new Promise((resolve) => {
      const cancel = this.#clock.setTimer(() => settle(false), Math.min(timeoutMs, MAX_TIMER_MS), {
        keepsAlive: true,
      });
      const settle = (isSynced: boolean) => {
        cancel();
        this.#waiting.delete(settle);
        resolve(isSynced);
      };
      this.#waiting.add(settle);
    });
  }
}
