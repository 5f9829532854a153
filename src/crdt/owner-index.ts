import type { LiveEntry } from "./live-entry.ts";
import { NumberMap } from "./number-map.ts";

/** An owner with at most this many presences is searched linearly, which is cheaper and smaller than two levels of maps. */
const MAX_LINEAR_SEARCH = 4;

/**
 * The highest live dot of each presence of one replica, by owner, topic and key. Most owners hold one presence, which
 * then stands in the map itself.
 */
export class OwnerIndex {
  readonly #byOwner = new NumberMap<LiveEntry | OwnedEntries>();

  get(owner: number, topic: string, key: string): LiveEntry | undefined {
    const owned = this.#byOwner.get(owner);
    if (owned === undefined) return undefined;
    if (owned instanceof OwnedEntries) return owned.get(topic, key);
    return isSamePresence(owned, topic, key) ? owned : undefined;
  }

  /** Adds the entry. It replaces the entry of the same presence, if any, and returns that one. */
  put(entry: LiveEntry): LiveEntry | undefined {
    const owned = this.#byOwner.get(entry.owner);
    if (owned instanceof OwnedEntries) return owned.put(entry);
    if (owned === undefined || isSamePresence(owned, entry.topic, entry.key)) {
      this.#byOwner.set(entry.owner, entry);
      return owned;
    }
    this.#byOwner.set(entry.owner, new OwnedEntries(owned, entry));
    return undefined;
  }

  delete(entry: LiveEntry): void {
    const owned = this.#byOwner.get(entry.owner);
    if (owned instanceof OwnedEntries) {
      owned.delete(entry);
      if (owned.size > 0) return;
    }
    this.#byOwner.delete(entry.owner);
  }

  countOf(owner: number): number {
    const owned = this.#byOwner.get(owner);
    if (owned === undefined) return 0;
    return owned instanceof OwnedEntries ? owned.size : 1;
  }

  /** The entries of this owner, in no particular order. */
  entriesOf(owner: number): LiveEntry[] {
    const owned = this.#byOwner.get(owner);
    if (owned === undefined) return [];
    return owned instanceof OwnedEntries ? owned.all() : [owned];
  }
}

/** Compares the key first: it differs more often between presences of one owner. */
function isSamePresence(entry: LiveEntry, topic: string, key: string): boolean {
  return entry.key === key && entry.topic === topic;
}

/** The entries of one owner that holds several presences, or once held several. */
class OwnedEntries {
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
    return this.#entries.find((entry) => isSamePresence(entry, topic, key));
  }

  put(entry: LiveEntry): LiveEntry | undefined {
    const replaced = this.get(entry.topic, entry.key);
    if (replaced === undefined) this.#size++;
    if (!Array.isArray(this.#entries)) {
      put(this.#entries, entry);
    } else if (replaced !== undefined) {
      this.#entries[this.#entries.indexOf(replaced)] = entry;
    } else {
      this.#entries.push(entry);
      if (this.#entries.length > MAX_LINEAR_SEARCH) this.#entries = byTopicAndKey(this.#entries);
    }
    return replaced;
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

function byTopicAndKey(entries: readonly LiveEntry[]): Map<string, Map<string, LiveEntry>> {
  const topics = new Map<string, Map<string, LiveEntry>>();
  for (const entry of entries) put(topics, entry);
  return topics;
}

function put(topics: Map<string, Map<string, LiveEntry>>, entry: LiveEntry): void {
  const keys = topics.get(entry.topic);
  if (keys === undefined) topics.set(entry.topic, new Map([[entry.key, entry]]));
  else keys.set(entry.key, entry);
}
