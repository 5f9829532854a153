import type { PresenceMeta } from "../payload.ts";
import type { Entry, Place } from "./entry.ts";

/** Most keys have one entry, which then stands for itself. */
type KeyIndex = Map<string, Entry | Set<Entry>>;

/**
 * The visible entries of one topic: in order of arrival, and by key. It is kept as long as any entry, a hidden
 * one too, names it; so an entry finds its topic without a look-up.
 */
export class Topic implements Place {
  readonly name: string;
  readonly #all: Map<string, Topic>;
  #holders = 0;
  #first: Entry | undefined = undefined;
  #last: Entry | undefined = undefined;
  #count = 0;
  /** Made when somebody first reads by key: where nobody does, a join does not pay for it. */
  #index: KeyIndex | undefined = undefined;

  constructor(name: string, all: Map<string, Topic>) {
    this.name = name;
    this.#all = all;
  }

  hold(): void {
    if (this.#holders === 0) this.#all.set(this.name, this);
    this.#holders++;
  }

  release(): void {
    this.#holders--;
    if (this.#holders === 0) this.#all.delete(this.name);
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
    let at = 0;
    for (let entry = this.#first; entry !== undefined; entry = entry.next)
      list[at++] = [entry.key, entry.meta];
    return list;
  }

  metasOf(key: string): PresenceMeta[] {
    const held = this.#keys.get(key);
    if (held === undefined) return [];
    return held instanceof Set ? Array.from(held, (entry) => entry.meta) : [held.meta];
  }

  add(entry: Entry): void {
    this.#count++;
    entry.previous = this.#last;
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    if (this.#index !== undefined) put(this.#index, entry);
  }

  delete(entry: Entry): void {
    this.#count--;
    if (entry.previous === undefined) this.#first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) this.#last = entry.previous;
    else entry.next.previous = entry.previous;
    // A diff may be kept long after: it would keep those who were its neighbours.
    entry.previous = undefined;
    entry.next = undefined;
    if (this.#index !== undefined) remove(this.#index, entry);
  }

  get #keys(): KeyIndex {
    if (this.#index !== undefined) return this.#index;
    const index: KeyIndex = new Map();
    for (let entry = this.#first; entry !== undefined; entry = entry.next) put(index, entry);
    this.#index = index;
    return index;
  }
}

function put(index: KeyIndex, entry: Entry): void {
  const held = index.get(entry.key);
  if (held === undefined) index.set(entry.key, entry);
  else if (held instanceof Set) held.add(entry);
  else index.set(entry.key, new Set([held, entry]));
}

function remove(index: KeyIndex, entry: Entry): void {
  const held = index.get(entry.key);
  if (held instanceof Set && held.size > 1) held.delete(entry);
  else index.delete(entry.key);
}
