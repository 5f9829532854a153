import type { PresenceMeta } from "../payload.ts";
import type { LiveEntry, TopicListing } from "./live-entry.ts";

/** Most keys have one entry, which then stands for itself. */
type KeyIndex = Map<string, LiveEntry | Set<LiveEntry>>;

/** Up to so many positions are kept, however few are taken. */
const FEW = 8;

/**
 * The visible entries of one topic: in order of arrival, and by key. It is kept as long as any entry, a hidden
 * one too, names it; so an entry finds its topic without a look-up.
 *
 * The order is a row of positions. Who goes leaves a hole and touches nobody else; who reads need not wait for one entry
 * to learn where the next one is, as in a chain.
 */
export class Topic implements TopicListing {
  readonly name: string;
  readonly #all: Map<string, Topic>;
  #holders = 0;
  /** By position; a hole where somebody was. As long as there is room for, of which `#end` is taken. */
  #row: (LiveEntry | undefined)[] = [];
  #end = 0;
  #count = 0;
  /** Made when somebody first reads by key: where nobody does, a join does not pay for it. */
  #index: KeyIndex | undefined = undefined;

  constructor(name: string, all: Map<string, Topic>) {
    this.name = name;
    this.#all = all;
  }

  retain(): void {
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
    const row = this.#row;
    const end = this.#end;
    let at = 0;
    for (let position = 0; position < end; position++) {
      const entry = row[position];
      if (entry !== undefined) list[at++] = [entry.key, entry.meta];
    }
    return list;
  }

  metasOf(key: string): PresenceMeta[] {
    const held = this.#keys.get(key);
    if (held === undefined) return [];
    return held instanceof Set ? Array.from(held, (entry) => entry.meta) : [held.meta];
  }

  add(entry: LiveEntry): void {
    if (this.#end === this.#row.length) this.#closeRanks();
    entry.position = this.#end;
    this.#row[this.#end++] = entry;
    this.#count++;
    if (this.#index !== undefined) put(this.#index, entry);
  }

  delete(entry: LiveEntry): void {
    this.#row[entry.position] = undefined;
    this.#count--;
    if (this.#count * 4 < this.#row.length && this.#row.length > FEW) this.#closeRanks();
    if (this.#index !== undefined) remove(this.#index, entry);
  }

  /** Moves all into a row of twice their number, without holes: the next time is as many changes away. */
  #closeRanks(): void {
    const row = new Array<LiveEntry | undefined>(Math.max(1, this.#count * 2));
    let end = 0;
    for (let position = 0; position < this.#end; position++) {
      const entry = this.#row[position];
      if (entry === undefined) continue;
      if (position !== end) entry.position = end;
      row[end++] = entry;
    }
    this.#row = row;
    this.#end = end;
  }

  get #keys(): KeyIndex {
    if (this.#index !== undefined) return this.#index;
    const index: KeyIndex = new Map();
    for (let position = 0; position < this.#end; position++) {
      const entry = this.#row[position];
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
