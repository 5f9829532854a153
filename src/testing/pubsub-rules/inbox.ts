/** A listener that keeps the messages it gets, and can wait for more. */
export class Inbox {
  readonly messages: Uint8Array[] = [];
  readonly #deadlineMs: number;
  #checkCondition: () => void = () => {};

  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  readonly listener = (bytes: Uint8Array): void => {
    this.messages.push(bytes);
    this.#checkCondition();
  };

  /** Whether a message with exactly these bytes arrived. */
  has(bytes: Uint8Array): boolean {
    return this.messages.some((message) => areEqual(message, bytes));
  }

  /** Resolves as soon as a message with exactly these bytes has arrived. */
  receives(bytes: Uint8Array): Promise<void> {
    return this.until(() => this.has(bytes), `${quoted(bytes)} to arrive`);
  }

  /** Resolves as soon as the condition holds. Checks it now and after each message. Rejects at the deadline. */
  until(condition: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const first = this.messages.slice(0, 3).map(quoted).join(", ");
        const got =
          this.messages.length === 0
            ? "no message arrived"
            : `${this.messages.length} arrived, first ${first}`;
        reject(new Error(`Waited ${this.#deadlineMs} ms for ${what}; ${got}.`));
      }, this.#deadlineMs);
      this.#checkCondition = () => {
        if (!condition()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#checkCondition();
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
