/** The subscription of one topic, from when it was asked for: others can wait until it holds. */
export class PendingSubscription {
  /** Tells it from an earlier one of the same topic. */
  readonly id: string;
  readonly settled: Promise<void>;
  #settle: (error?: Error) => void = () => {};

  /** Calls `onTimeout` for the error, `timeoutMs` ms from now, if it is not settled by then. */
  constructor(id: string, timeoutMs: number, onTimeout: () => Error) {
    this.id = id;
    this.settled = new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(onTimeout()), timeoutMs).unref();
      this.#settle = (error) => {
        clearTimeout(timer);
        if (error === undefined) resolve();
        else reject(error);
      };
    });
    // It may be asked for anew when nobody waits.
    this.settled.catch(() => {});
  }

  /** It holds from now on, or is not wanted any more. */
  confirm(): void {
    this.#settle();
  }

  fail(error: Error): void {
    this.#settle(error);
  }
}
