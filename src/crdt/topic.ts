import type { PresenceMeta } from "../payload.ts";
import type { LiveEntry, TopicListing } from "./live-entry.ts";

/** A key with one entry, as most have, maps to that entry itself. */
type KeyIndex = Map<string, LiveEntry | Set<LiveEntry>>;

/** A list of at most this many slots is never compacted because entries left. */
const MIN_SLOTS = 8;

/**
 * The visible entries of one topic, in order of arrival and by key. It exists as long as any entry names it, visible
 * or hidden, so an entry reaches its topic without a look-up.
 *
 * The order is an array of slots. Deleting an entry empties its slot and moves no other entry. Unlike in a linked list,
 * a reader does not have to load one entry to find the next.
 */
export class Topic implements TopicListing {
  readonly name: string;
  readonly #topics: Map<string, Topic>;
  #references = 0;
  /** The entries by position. Slots of deleted entries are empty, and so are all from `#slotCount` on. */
  #slots: (LiveEntry | undefined)[] = [];
  #slotCount = 0;
  #count = 0;
  /** The entries by key, built by the first list of a key: a topic that is never listed by key does not pay for it. */
  #index: KeyIndex | undefined = undefined;
  /** The number of entries of each key, built by the first count by key, unless there is an index: O(keys), not O(entries). */
  #counts: Map<string, number> | undefined = undefined;

  /** `topics` is the map that lists the topic while any entry names it. */
  constructor(name: string, topics: Map<string, Topic>) {
    this.name = name;
    this.#topics = topics;
  }

  retain(): void {
    if (this.#references === 0) this.#topics.set(this.name, this);
    this.#references++;
  }

  release(): void {
    this.#references--;
    if (this.#references === 0) this.#topics.delete(this.name);
  }

  get count(): number {
    return this.#count;
  }

  get keyCount(): number {
    return (this.#index ?? this.#keyCounts).size;
  }

  countOf(key: string): number {
    if (this.#index === undefined) return this.#keyCounts.get(key) ?? 0;
    const held = this.#index.get(key);
    if (held === undefined) return 0;
    return held instanceof Set ? held.size : 1;
  }

  list(): [key: string, meta: PresenceMeta][] {
    const list = new Array<[string, PresenceMeta]>(this.#count);
    const slots = this.#slots;
    const end = this.#slotCount;
    let length = 0;
    for (let position = 0; position < end; position++) {
      const entry = slots[position];
      if (entry !== undefined) list[length++] = [entry.key, entry.meta];
    }
    return list;
  }

  metasOf(key: string): PresenceMeta[] {
    const held = this.#keys.get(key);
    if (held === undefined) return [];
    return held instanceof Set ? Array.from(held, (entry) => entry.meta) : [held.meta];
  }

  add(entry: LiveEntry): void {
    if (this.#slotCount === this.#slots.length) this.#compact();
    entry.position = this.#slotCount;
    this.#slots[this.#slotCount++] = entry;
    this.#count++;
    if (this.#index !== undefined) put(this.#index, entry);
    else if (this.#counts !== undefined) increase(this.#counts, entry.key);
  }

  delete(entry: LiveEntry): void {
    this.#slots[entry.position] = undefined;
    this.#count--;
    if (this.#count * 4 < this.#slots.length && this.#slots.length > MIN_SLOTS) this.#compact();
    if (this.#index !== undefined) remove(this.#index, entry);
    else if (this.#counts !== undefined) decrease(this.#counts, entry.key);
  }

  /**
   * Moves the entries into a new array of twice their number, without empty slots between them. Compactions are so far
   * apart that a change costs O(1) on average.
   */
  #compact(): void {
    const slots = new Array<LiveEntry | undefined>(Math.max(1, this.#count * 2));
    let end = 0;
    for (let position = 0; position < this.#slotCount; position++) {
      const entry = this.#slots[position];
      if (entry === undefined) continue;
      if (position !== end) entry.position = end;
      slots[end++] = entry;
    }
    this.#slots = slots;
    this.#slotCount = end;
  }

  get #keys(): KeyIndex {
    if (this.#index !== undefined) return this.#index;
    const index: KeyIndex = new Map();
    for (const entry of this.#entries()) put(index, entry);
    this.#index = index;
    this.#counts = undefined;
    return index;
  }

  get #keyCounts(): Map<string, number> {
    if (this.#counts !== undefined) return this.#counts;
    const counts = new Map<string, number>();
    for (const { key } of this.#entries()) increase(counts, key);
    this.#counts = counts;
    return counts;
  }

  *#entries(): Generator<LiveEntry> {
    for (let position = 0; position < this.#slotCount; position++) {
      const entry = this.#slots[position];
      if (entry !== undefined) yield entry;
    }
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function decrease(counts: Map<string, number>, key: string): void {
  const count = counts.get(key)! - 1;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

function put(index: KeyIndex, entry: LiveEntry): void {
  const held = index.get(entry.key);
  if (held === undefined) index.set(entry.key, entry);
  else if (held instanceof Set) held.add(entry);
  else index.set(entry.key, new Set([held, entry]));
}

function remove(index: KeyIndex, entry: LiveEntry): void {
  const held = index.get(entry.key);
  if (held instanceof Set && held.size > 1) held.delete(entry);
  else index.delete(entry.key);
}
