import type { LiveEntry } from "./live-entry.ts";
import { NumberMap } from "./number-map.ts";

/** Up to so many presences of one owner are searched one by one: cheaper and smaller than a map of two levels. */
const FEW = 4;

/**
 * The entries of one replica by owner, topic and key, the highest dot of each presence only.
 * Most owners hold one presence: it is then its own place in the table.
 */
export class OwnerIndex {
  readonly #held = new NumberMap<LiveEntry | Holdings>();

  get(owner: number, topic: string, key: string): LiveEntry | undefined {
    const held = this.#held.get(owner);
    if (held === undefined) return undefined;
    if (held instanceof Holdings) return held.get(topic, key);
    return isOf(held, topic, key) ? held : undefined;
  }

  /** Puts the entry in, in place of one of the same presence, which it returns. */
  put(entry: LiveEntry): LiveEntry | undefined {
    const held = this.#held.get(entry.owner);
    if (held instanceof Holdings) return held.put(entry);
    if (held === undefined || isOf(held, entry.topic, entry.key)) {
      this.#held.set(entry.owner, entry);
      return held;
    }
    this.#held.set(entry.owner, new Holdings(held, entry));
    return undefined;
  }

  delete(entry: LiveEntry): void {
    const held = this.#held.get(entry.owner);
    if (held instanceof Holdings) {
      held.delete(entry);
      if (held.size > 0) return;
    }
    this.#held.delete(entry.owner);
  }

  countOf(owner: number): number {
    const held = this.#held.get(owner);
    if (held === undefined) return 0;
    return held instanceof Holdings ? held.size : 1;
  }

  /** What this owner holds, in no order. */
  of(owner: number): LiveEntry[] {
    const held = this.#held.get(owner);
    if (held === undefined) return [];
    return held instanceof Holdings ? held.all() : [held];
  }
}

/** The key first: of two presences of one owner it differs more often. */
function isOf(entry: LiveEntry, topic: string, key: string): boolean {
  return entry.key === key && entry.topic === topic;
}

/** The entries of one owner that holds, or once held, several. */
class Holdings {
  #entries: LiveEntry[] | Map<string, Map<string, LiveEntry>>;
  #size: number;

  constructor(one: LiveEntry, other: LiveEntry) {
    this.#entries = [one, other];
    this.#size = 2;
  }

  get size(): number {
    return this.#size;
  }

  get(topic: string, key: string): LiveEntry | undefined {
    if (!Array.isArray(this.#entries)) return this.#entries.get(topic)?.get(key);
    return this.#entries.find((entry) => isOf(entry, topic, key));
  }

  put(entry: LiveEntry): LiveEntry | undefined {
    const held = this.get(entry.topic, entry.key);
    if (held === undefined) this.#size++;
    if (!Array.isArray(this.#entries)) {
      put(this.#entries, entry);
    } else if (held !== undefined) {
      this.#entries[this.#entries.indexOf(held)] = entry;
    } else {
      this.#entries.push(entry);
      if (this.#entries.length > FEW) this.#entries = byTopic(this.#entries);
    }
    return held;
  }

  delete(entry: LiveEntry): void {
    this.#size--;
    if (Array.isArray(this.#entries)) {
      this.#entries.splice(this.#entries.indexOf(entry), 1);
      return;
    }
    const keys = this.#entries.get(entry.topic)!;
    keys.delete(entry.key);
    if (keys.size === 0) this.#entries.delete(entry.topic);
  }

  all(): LiveEntry[] {
    if (Array.isArray(this.#entries)) return this.#entries.slice();
    return Array.from(this.#entries.values(), (keys) => [...keys.values()]).flat();
  }
}

function byTopic(entries: readonly LiveEntry[]): Map<string, Map<string, LiveEntry>> {
  const topics = new Map<string, Map<string, LiveEntry>>();
  for (const entry of entries) put(topics, entry);
  return topics;
}

function put(topics: Map<string, Map<string, LiveEntry>>, entry: LiveEntry): void {
  const keys = topics.get(entry.topic);
  if (keys === undefined) topics.set(entry.topic, new Map([[entry.key, entry]]));
  else keys.set(entry.key, entry);
}
