import assert from "node:assert/strict";

/** The calls of a client as text of the moment, and what they were made with, to see that nobody changes it later. */
export class CallLog {
  #calls: string[] = [];
  readonly #handedOut: [object: unknown, text: string][] = [];

  readonly onJoin = (...args: unknown[]): void => this.#add("join", args);
  readonly onLeave = (...args: unknown[]): void => this.#add("leave", args);
  readonly onSync = (...args: unknown[]): void => this.#add("sync", args);

  /** The calls since the last time. */
  take(): string[] {
    const calls = this.#calls;
    this.#calls = [];
    return calls;
  }

  /** Remembers what an object looks like. */
  keep(object: unknown): void {
    this.#handedOut.push([object, JSON.stringify(object)]);
  }

  assertNothingChanged(): void {
    for (const [object, text] of this.#handedOut) assert.equal(JSON.stringify(object), text);
  }

  #add(call: string, args: unknown[]): void {
    this.keep(args);
    this.#calls.push(JSON.stringify([call, ...args]));
  }
}
