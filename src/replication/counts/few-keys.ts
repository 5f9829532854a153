/** From this many keys on, a map takes over from the array. */
const MAX_LINEAR_SEARCH = 8;

/**
 * A map for the keys of one topic. Most topics count one key or a few, and an array of these takes a third of the memory of a
 * `Map`.
 */
export class FewKeys<Value> {
  /** A key and its value in turn, or a map of more than a few keys. */
  #entries: (string | Value)[] | Map<string, Value> = [];

  get size(): number {
    return Array.isArray(this.#entries) ? this.#entries.length / 2 : this.#entries.size;
  }

  get(key: string): Value | undefined {
    const entries = this.#entries;
    if (!Array.isArray(entries)) return entries.get(key);
    for (let at = 0; at < entries.length; at += 2) if (entries[at] === key) return entries[at + 1] as Value;
    return undefined;
  }

  set(key: string, value: Value): void {
    const entries = this.#entries;
    if (!Array.isArray(entries)) {
      entries.set(key, value);
      return;
    }
    for (let at = 0; at < entries.length; at += 2) {
      if (entries[at] !== key) continue;
      entries[at + 1] = value;
      return;
    }
    // A copy has no spare room. `push` would leave room for 16 more.
    this.#entries =
      entries.length < 2 * MAX_LINEAR_SEARCH ? [...entries, key, value] : new Map([...this]).set(key, value);
  }

  delete(key: string): void {
    const entries = this.#entries;
    if (!Array.isArray(entries)) entries.delete(key);
    else this.#entries = entries.filter((_, at) => entries[at - (at % 2)] !== key);
  }

  *[Symbol.iterator](): Generator<[key: string, value: Value]> {
    const entries = this.#entries;
    if (!Array.isArray(entries)) yield* entries;
    else
      for (let at = 0; at < entries.length; at += 2) yield [entries[at] as string, entries[at + 1] as Value];
  }
}
