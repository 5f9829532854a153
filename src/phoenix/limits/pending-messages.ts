/** Counts the messages of one client that wait for handlers, and their bytes. Both have a limit. */
export class PendingMessages {
  readonly maxMessages: number;
  readonly #maxBytes: number;
  #messages = 0;
  #bytes = 0;

  constructor(maxMessages: number, maxBytes: number) {
    this.maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  /** Adds a message and returns true, or returns false if it is over a limit. The only message is never over a limit. */
  tryAdd(bytes: number): boolean {
    const isFull = this.#messages >= this.maxMessages || this.#bytes + bytes > this.#maxBytes;
    if (isFull && this.#messages > 0) return false;
    this.#messages++;
    this.#bytes += bytes;
    return true;
  }

  /** Removes a message of this size, which was handled or dropped. */
  release(bytes: number): void {
    this.#messages--;
    this.#bytes -= bytes;
  }
}
