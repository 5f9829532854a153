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
  /** Built by the first read by key: a topic that is never read by key does not pay for it. */
  #index: KeyIndex | undefined = undefined;

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
    return this.#keys.size;
  }

  countOf(key: string): number {
    const held = this.#keys.get(key);
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
  }

  delete(entry: LiveEntry): void {
    this.#slots[entry.position] = undefined;
    this.#count--;
    if (this.#count * 4 < this.#slots.length && this.#slots.length > MIN_SLOTS) this.#compact();
    if (this.#index !== undefined) remove(this.#index, entry);
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
    for (let position = 0; position < this.#slotCount; position++) {
      const entry = this.#slots[position];
      if (entry !== undefined) put(index, entry);
    }
    this.#index = index;
    return index;
  }
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
