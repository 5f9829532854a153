import { type Owner, unwatchEnd, watchEnd } from "./owner.ts";

/**
 * Gives owners small numbers, by which the set and the wire know them, and hears of their ends: one listener each.
 * An owner, and all that is kept for it, is let go of when its number is released.
 */
export class OwnerRegistry {
  readonly #numbers = new Map<Owner, number>();
  /** By number. Parallel arrays: an object for each owner would take as much again. */
  readonly #owners: (Owner | undefined)[] = [];
  readonly #listeners: ((() => void) | undefined)[] = [];
  readonly #free: number[] = [];

  /** How many are held. */
  get size(): number {
    return this.#numbers.size;
  }

  /** The number of an owner that is held. */
  numberOf(owner: Owner): number | undefined {
    return this.#numbers.get(owner);
  }

  /** The owner of a number that is not released. */
  ownerOf(number: number): Owner | undefined {
    return this.#owners[number];
  }

  /**
   * The number of the owner, from 0; a new one if it had none. `onEnd` gets it when the owner ends, which is held until
   * it is released all the same. One that has ended and is held again, as a socket that connected anew, is watched
   * again.
   */
  hold(owner: Owner, onEnd: (number: number) => void): number {
    const held = this.#numbers.get(owner);
    const number = held ?? this.#assign(owner);
    try {
      if (typeof owner !== "string" && this.#listeners[number] === undefined)
        this.#watch(owner, number, onEnd);
    } catch (error) {
      // It can't be watched: it would be listed for good.
      if (held === undefined) this.release(number);
      throw error;
    }
    return number;
  }

  /** Lets go of an owner: its listener is off, its number free for another. Harmless when it is released already. */
  release(number: number): void {
    const owner = this.#owners[number];
    if (owner === undefined) return;
    this.#unwatch(number);
    this.#numbers.delete(owner);
    this.#owners[number] = undefined;
    this.#free.push(number);
  }

  /** Hears of no end any more. Who was held keeps the number, for those who go on reading. */
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
      // An emitter goes on to call who was taken off during this very event; by then another may have the number.
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
