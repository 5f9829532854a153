/**
 * Does one thing after the other: the next begins when the one before is settled. What is synchronous is done at once.
 * `act` must not throw or reject.
 */
export class Mailbox<Item> {
  readonly #act: (item: Item) => PromiseLike<void> | void;
  #waiting: Item[] = [];
  #isActing = false;

  constructor(act: (item: Item) => PromiseLike<void> | void) {
    this.#act = act;
  }

  post(item: Item): void {
    this.#waiting.push(item);
    if (!this.#isActing) this.#run();
  }

  /** Takes out what has not begun. */
  clear(): Item[] {
    const dropped = this.#waiting;
    this.#waiting = [];
    return dropped;
  }

  #run(): void {
    this.#isActing = true;
    while (this.#waiting.length > 0) {
      const acting = this.#act(this.#waiting.shift()!);
      if (acting !== undefined) {
        void acting.then(() => this.#run());
        return;
      }
    }
    this.#isActing = false;
  }
}

/** Whether a handler's result has to be waited for. */
export function isPromise<T>(result: T | PromiseLike<T>): result is PromiseLike<T> {
  return typeof (result as PromiseLike<T> | undefined)?.then === "function";
}

/** Goes on with a handler's result: at once, where it is there. */
export function andThen<T, R>(
  result: T | PromiseLike<T>,
  next: (result: T) => R | PromiseLike<R>,
): R | PromiseLike<R> {
  return isPromise(result) ? result.then(next) : next(result);
}
