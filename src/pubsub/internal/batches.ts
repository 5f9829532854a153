const MAX_BATCH = 100;

interface Batch<Item> {
  readonly items: Item[];
  readonly done: Promise<void>;
}

/** Sends things in order, one batch at a time; what comes while one is on its way shares the next. */
export class Batches<Item> {
  readonly #send: (items: readonly Item[]) => Promise<void>;
  #last: Promise<void> = Promise.resolve();
  #open: Batch<Item> | undefined = undefined;

  constructor(send: (items: readonly Item[]) => Promise<void>) {
    this.#send = send;
  }

  /** Settles as its batch does. */
  add(item: Item): Promise<void> {
    if (this.#open === undefined || this.#open.items.length === MAX_BATCH) this.#open = this.#begin();
    this.#open.items.push(item);
    return this.#open.done;
  }

  /** Resolves when all that was added until now has been sent, or could not be. */
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
