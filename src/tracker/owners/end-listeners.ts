/** What else than presences ends with an owner, such as a subscription: listeners by the number of their owner. */
export class EndListeners {
  readonly #byOwner = new Map<number, Set<() => void>>();

  has(owner: number): boolean {
    return this.#byOwner.has(owner);
  }

  add(owner: number, listener: () => void): void {
    const listeners = this.#byOwner.get(owner);
    if (listeners === undefined) this.#byOwner.set(owner, new Set([listener]));
    else listeners.add(listener);
  }

  /** Returns whether the listener was there. */
  delete(owner: number, listener: () => void): boolean {
    const listeners = this.#byOwner.get(owner);
    if (listeners?.delete(listener) !== true) return false;
    if (listeners.size === 0) this.#byOwner.delete(owner);
    return true;
  }

  /** Removes and returns the listeners of an owner, in the order in which they came. */
  take(owner: number): readonly (() => void)[] {
    const listeners = [...(this.#byOwner.get(owner) ?? [])];
    this.#byOwner.delete(owner);
    return listeners;
  }
}
