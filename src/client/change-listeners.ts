import { checkKind } from "./check-kind.ts";

/** The listeners of a client or store. */
export class ChangeListeners {
  isClosed = false;
  readonly #listeners = new Set<() => void>();

  /** Adds a listener, and returns a function that removes it. */
  add(listener: () => void): () => void {
    checkKind("listener", listener, "function");
    // A wrapper, so that a listener that was added twice can be removed once.
    const own = () => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Removes all listeners. */
  close(): void {
    this.isClosed = true;
    this.#listeners.clear();
  }

  call(): void {
    for (const listener of this.#listeners) listener();
  }
}
