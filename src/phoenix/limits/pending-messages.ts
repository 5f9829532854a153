/** What of one client waits for handlers, as messages and bytes: bounded both ways. */
export class PendingMessages {
  readonly maxMessages: number;
  readonly #maxBytes: number;
  #messages = 0;
  #bytes = 0;

  constructor(maxMessages: number, maxBytes: number) {
    this.maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
  }

  /** Whether there is room; where there is, the message takes it. One alone always has. */
  tryAdd(bytes: number): boolean {
    const isFull = this.#messages >= this.maxMessages || this.#bytes + bytes > this.#maxBytes;
    if (isFull && this.#messages > 0) return false;
    this.#messages++;
    this.#bytes += bytes;
    return true;
  }

  remove(bytes: number): void {
    this.#messages--;
    this.#bytes -= bytes;
  }
}
