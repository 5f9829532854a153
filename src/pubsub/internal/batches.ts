const MAX_BATCH_ITEMS = 100;

interface Batch<Item> {
  readonly items: Item[];
  readonly done: Promise<void>;
}

/** Sends items in order, one batch at a time. Items that are added during a send share the next batch. */
export class Batches<Item> {
  readonly #send: (items: readonly Item[]) => Promise<void>;
  #last: Promise<void> = Promise.resolve();
  #open: Batch<Item> | undefined = undefined;

  constructor(send: (items: readonly Item[]) => Promise<void>) {
    this.#send = send;
  }

  /** Settles as the batch of the item does. */
  add(item: Item): Promise<void> {
    if (this.#open === undefined || this.#open.items.length === MAX_BATCH_ITEMS) this.#open = this.#begin();
    this.#open.items.push(item);
    return this.#open.done;
  }

  /** Resolves once every item added so far has been sent or has failed. */
  settled(): Promise<void> {
    return this.#last;
  }

  #begin(): Batch<Item> {
    const items: Item[] = [];
    const done = this.#last.then(() => {
      if (this.#open?.items === items) this.#open = undefined;
      return this.#send(items);
    });
    this.#last = done.catch(() => {});
    return { items, done };
  }
}
