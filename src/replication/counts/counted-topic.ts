import type { TopicListing } from "../../crdt/live-entry.ts";
import { FewKeys } from "./few-keys.ts";

/**
 * One topic: its sums, and the name that its entries of the replicated set share. It exists as long as an entry names it, visible
 * or hidden, or a sum is not 0: presences of our own are counted before there is an entry. The entries are not listed.
 */
export class CountedTopic implements TopicListing {
  readonly name: string;
  readonly #topics: Map<string, CountedTopic>;
  #references = 0;
  #total = 0;
  /** If the topic has one key, that key: its sum is the total. Otherwise the sum of each key, if any. No sum is 0. */
  #keys: string | FewKeys<number> | undefined = undefined;

  /** `topics` is the map that has the topic while it exists. */
  constructor(name: string, topics: Map<string, CountedTopic>) {
    this.name = name;
    this.#topics = topics;
  }

  /** The sum of all keys. */
  get total(): number {
    return this.#total;
  }

  get keyCount(): number {
    if (typeof this.#keys === "string") return 1;
    return this.#keys?.size ?? 0;
  }

  sumOf(key: string): number {
    if (typeof this.#keys !== "string") return this.#keys?.get(key) ?? 0;
    return this.#keys === key ? this.#total : 0;
  }

  /** Adds to the sum of a key. */
  change(key: string, by: number): void {
    if (typeof this.#keys === "string" && this.#keys !== key) {
      const sums = new FewKeys<number>();
      sums.set(this.#keys, this.#total);
      this.#keys = sums;
    }
    this.#total += by;
    if (!(this.#keys instanceof FewKeys)) {
      this.#keys = this.#total === 0 ? undefined : key;
    } else {
      addTo(this.#keys, key, by);
      if (this.#keys.size === 0) this.#keys = undefined;
    }
    this.#keepIfUsed();
  }

  retain(): void {
    this.#references++;
    this.#keepIfUsed();
  }

  release(): void {
    this.#references--;
    this.#keepIfUsed();
  }

  add(): void {}

  delete(): void {}

  #keepIfUsed(): void {
    if (this.#references > 0 || this.#keys !== undefined) this.#topics.set(this.name, this);
    else this.#topics.delete(this.name);
  }
}

function addTo(sums: FewKeys<number>, key: string, by: number): void {
  const sum = (sums.get(key) ?? 0) + by;
  if (sum === 0) sums.delete(key);
  else sums.set(key, sum);
}
