/**
 * Handles items one at a time, in order. If `handle` returns a promise, the next item waits until it has settled; otherwise the next
 * item is handled at once. `handle` must not throw or reject.
 */
export class Mailbox<Item> {
  readonly #handle: (item: Item) => PromiseLike<void> | void;
  #queue: Item[] = [];
  #isHandling = false;

  constructor(handle: (item: Item) => PromiseLike<void> | void) {
    this.#handle = handle;
  }

  post(item: Item): void {
    this.#queue.push(item);
    if (!this.#isHandling) this.#run();
  }

  /** Removes the items that are still queued, and returns them. */
  clear(): Item[] {
    const dropped = this.#queue;
    this.#queue = [];
    return dropped;
  }

  #run(): void {
    this.#isHandling = true;
    while (this.#queue.length > 0) {
      const handling = this.#handle(this.#queue.shift()!);
      if (handling !== undefined) {
        void handling.then(() => this.#run());
        return;
      }
    }
    this.#isHandling = false;
  }
}
