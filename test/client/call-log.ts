import assert from "node:assert/strict";

/** Records the calls of callbacks as JSON text. It keeps the arguments, to check later that nothing changed them. */
export class CallLog {
  #calls: string[] = [];
  readonly #kept: [object: unknown, text: string][] = [];

  readonly onJoin = (...args: unknown[]): void => this.#add("join", args);
  readonly onLeave = (...args: unknown[]): void => this.#add("leave", args);
  readonly onSync = (...args: unknown[]): void => this.#add("sync", args);

  /** The calls since the last `take`. */
  take(): string[] {
    const calls = this.#calls;
    this.#calls = [];
    return calls;
  }

  /** Remembers the current content of an object. */
  keep(object: unknown): void {
    this.#kept.push([object, JSON.stringify(object)]);
  }

  assertNothingChanged(): void {
    for (const [object, text] of this.#kept) assert.equal(JSON.stringify(object), text);
  }

  #add(call: string, args: unknown[]): void {
    this.keep(args);
    this.#calls.push(JSON.stringify([call, ...args]));
  }
}
