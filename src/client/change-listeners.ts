import { checkKind } from "./check-kind.ts";

/** Who hears of changes. */
export class ChangeListeners {
  readonly #listeners = new Set<() => void>();

  /** Adds one, and returns what removes it. */
  add(listener: () => void): () => void {
    checkKind("listener", listener, "function");
    // A function of its own, so that who subscribes twice can stop once.
    const own = () => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  call(): void {
    for (const listener of this.#listeners) listener();
  }
}
