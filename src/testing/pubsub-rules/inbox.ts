/** What one listener got, and somebody who waits for more. */
export class Inbox {
  readonly messages: Uint8Array[] = [];
  readonly #deadlineMs: number;
  #look: () => void = () => {};

  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  readonly listener = (bytes: Uint8Array): void => {
    this.messages.push(bytes);
    this.#look();
  };

  /** Whether a message of these very bytes came. */
  has(bytes: Uint8Array): boolean {
    return this.messages.some((message) => areEqual(message, bytes));
  }

  /** Resolves as soon as a message of these very bytes is here. */
  receives(bytes: Uint8Array): Promise<void> {
    return this.until(() => this.has(bytes), `${quoted(bytes)} to arrive`);
  }

  /** Resolves as soon as the condition holds: looked at now and after each message. Rejects at the deadline. */
  until(condition: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const first = this.messages.slice(0, 3).map(quoted).join(", ");
        const got =
          this.messages.length === 0 ? "nothing did" : `${this.messages.length} did, first ${first}`;
        reject(new Error(`Waited ${this.#deadlineMs} ms for ${what}; ${got}`));
      }, this.#deadlineMs);
      this.#look = () => {
        if (!condition()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#look();
    });
  }
}

export function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

function quoted(bytes: Uint8Array): string {
  const start = JSON.stringify(Buffer.from(bytes.subarray(0, 24)).toString("latin1"));
  return `${start}${bytes.length > 24 ? "…" : ""} (${bytes.length} bytes)`;
}
