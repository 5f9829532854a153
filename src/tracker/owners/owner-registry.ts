import { type Owner, unwatchEnd, watchEnd } from "./owner.ts";

/**
 * Assigns each owner a small number and watches its end with one listener. The presence set knows owners by their numbers. A
 * released number keeps nothing of its owner.
 */
export class OwnerRegistry {
  readonly #numbers = new Map<Owner, number>();
  /** By number. Two parallel arrays take half the memory of an object per owner. */
  readonly #owners: (Owner | undefined)[] = [];
  readonly #listeners: ((() => void) | undefined)[] = [];
  readonly #free: number[] = [];

  /** The number of owners. */
  get size(): number {
    return this.#numbers.size;
  }

  /** The number of an owner, if it has one. */
  numberOf(owner: Owner): number | undefined {
    return this.#numbers.get(owner);
  }

  /** The owner of a number, unless the number is free. */
  ownerOf(number: number): Owner | undefined {
    return this.#owners[number];
  }

  /**
   * Returns the number of the owner. A new owner gets a new number, from 0, or a released one. When the owner ends, `onEnd` gets the
   * number, which stays assigned until it is released. An ended owner that is held again, such as a socket that has
   * reconnected, is watched again.
   */
  hold(owner: Owner, onEnd: (number: number) => void): number {
    const held = this.#numbers.get(owner);
    const number = held ?? this.#assign(owner);
    try {
      if (typeof owner !== "string" && this.#listeners[number] === undefined)
        this.#watch(owner, number, onEnd);
    } catch (error) {
      // An owner that can't be watched would never leave.
      if (held === undefined) this.release(number);
      throw error;
    }
    return number;
  }

  /** Removes an owner and its listener, and frees the number. Does nothing if the number is free. */
  release(number: number): void {
    const owner = this.#owners[number];
    if (owner === undefined) return;
    this.#unwatch(number);
    this.#numbers.delete(owner);
    this.#owners[number] = undefined;
    this.#free.push(number);
  }

  /** Removes all listeners. Owners keep their numbers, so reads still find them. */
  unwatchAll(): void {
    for (const number of this.#numbers.values()) this.#unwatch(number);
  }

  #assign(owner: Owner): number {
    const number = this.#free.pop() ?? this.#owners.length;
    this.#owners[number] = owner;
    this.#numbers.set(owner, number);
    return number;
  }

  #watch(owner: Owner, number: number, onEnd: (number: number) => void): void {
    const listener = (): void => {
      // An emitter still calls a listener that was removed during this event, and another owner may have the number by then.
      if (this.#listeners[number] !== listener) return;
      this.#unwatch(number);
      onEnd(number);
    };
    watchEnd(owner, listener);
    this.#listeners[number] = listener;
  }

  #unwatch(number: number): void {
    const listener = this.#listeners[number];
    if (listener === undefined) return;
    this.#listeners[number] = undefined;
    unwatchEnd(this.#owners[number]!, listener);
  }
}
