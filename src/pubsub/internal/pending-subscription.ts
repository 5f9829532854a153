/** A request to subscribe to one topic. All subscribers of the topic wait for the same answer. */
export class PendingSubscription {
  /** Distinguishes the request from an earlier one for the same topic. */
  readonly id: string;
  readonly settled: Promise<void>;
  #settle: (error?: Error) => void = () => {};

  /**
   * Rejects with the error from `onTimeout` unless the request is settled within `timeoutMs` ms. A caller waits for that, so
   * the timer keeps the process alive.
   */
  constructor(id: string, timeoutMs: number, onTimeout: () => Error) {
    this.id = id;
    this.settled = new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(onTimeout()), timeoutMs);
      this.#settle = (error) => {
        clearTimeout(timer);
        if (error === undefined) resolve();
        else reject(error);
      };
    });
    // A request that repeats a subscription has no caller to handle its rejection.
    this.settled.catch(() => {});
  }

  /** Resolves the request: the topic is subscribed, or no longer wanted. */
  confirm(): void {
    this.#settle();
  }

  fail(error: Error): void {
    this.#settle(error);
  }
}
