import { Intervals } from "./intervals.ts";
import { LeaveLog } from "./leave-log.ts";
import { type LiveEntry, Origin } from "./live-entry.ts";
import { NumberMap } from "./number-map.ts";
import { OwnerIndex } from "./owner-index.ts";
import { ShadowedEntries } from "./shadowed-entries.ts";

/** Receives each change in the entries of a slice that readers see. */
export interface VisibilityListener {
  appeared(entry: LiveEntry): void;
  vanished(entry: LiveEntry): void;
}

/**
 * The knowledge about one replica: which of its dots we have seen (`seen`), and which of its joins and updates still
 * stand (`live`).
 *
 * With a gap in `seen`, an old and a newer dot of one presence may both be live. Both stay, so that merging does not
 * depend on order, and readers see the highest, the *top*. A slice does not know whether it is shown: its methods take
 * a listener for that.
 */
export class Slice {
  readonly origin: Origin;
  readonly seen: Intervals = Intervals.empty();
  readonly log: LeaveLog;
  readonly live: NumberMap<LiveEntry> = new NumberMap();
  readonly #tops = new OwnerIndex();
  readonly #shadowed = new ShadowedEntries();
  #digest = 0;

  constructor(replica: string, logLimit: number) {
    this.origin = new Origin(replica);
    this.log = new LeaveLog(logLimit);
  }

  get replica(): string {
    return this.origin.replica;
  }

  /** A 32-bit digest of the live dots. It changes with each of them, so reading it costs O(1). */
  get digest(): number {
    return this.#digest >>> 0;
  }

  /** The number of presences that readers see of this slice. */
  get size(): number {
    return this.live.size - this.#shadowed.size;
  }

  /** The highest live dot of this presence. */
  top(owner: number, topic: string, key: string): LiveEntry | undefined {
    return this.#tops.get(owner, topic, key);
  }

  /** The number of presences that readers see of this owner. */
  countOf(owner: number): number {
    return this.#tops.countOf(owner);
  }

  /** The presences that readers see of this owner, in no particular order. */
  topsOf(owner: number): LiveEntry[] {
    return this.#tops.entriesOf(owner);
  }

  /** All presences that readers see of this slice. */
  tops(): LiveEntry[] {
    const entries = this.live.values();
    if (this.#shadowed.isEmpty) return entries;
    const shadowed = this.#shadowed.all();
    return entries.filter((entry) => !shadowed.has(entry));
  }

  /** The live dots that are in `seen`. It walks the smaller of the two, never an interval longer than `live`. */
  liveWithin(seen: Intervals): LiveEntry[] {
    const within: LiveEntry[] = [];
    if (this.live.size === 0) return within;
    if (seen.size > this.live.size) {
      for (const entry of this.live.values()) if (seen.has(entry.dot)) within.push(entry);
      return within;
    }
    for (const [low, high] of seen) {
      for (let dot = low; dot <= high; dot++) {
        const entry = this.live.get(dot);
        if (entry !== undefined) within.push(entry);
      }
    }
    return within;
  }

  /** Adds a live dot. Returns the entry that readers saw in its place before. */
  add(entry: LiveEntry, listener: VisibilityListener): LiveEntry | undefined {
    this.live.set(entry.dot, entry);
    entry.listing.retain();
    this.#digest ^= mix(entry.dot);
    const top = this.#tops.put(entry);
    if (top !== undefined && top.dot > entry.dot) {
      this.#tops.put(top);
      this.#shadowed.add(top, entry);
      return undefined;
    }
    if (top !== undefined) {
      this.#shadowed.replaceTop(top, entry);
      listener.vanished(top);
    }
    listener.appeared(entry);
    return top;
  }

  /**
   * Adds a live dot in place of one of the same presence that has ended, as `add` and `remove` would. Returns false, and changes
   * nothing, if it is another presence, or if a presence has several live dots.
   */
  replace(ended: LiveEntry, entry: LiveEntry, listener: VisibilityListener): boolean {
    const isSamePresence =
      ended.owner === entry.owner && ended.key === entry.key && ended.listing === entry.listing;
    if (!isSamePresence || !this.#shadowed.isEmpty || !this.live.delete(ended.dot)) return false;
    this.live.set(entry.dot, entry);
    entry.listing.retain();
    this.#digest ^= mix(ended.dot) ^ mix(entry.dot);
    this.#tops.put(entry);
    listener.vanished(ended);
    listener.appeared(entry);
    ended.listing.release();
    return true;
  }

  /**
   * Removes a live dot, if it has not been replaced. If it was the top, the next lower dot of the same presence appears in its
   * place.
   */
  remove(entry: LiveEntry, listener: VisibilityListener): void {
    if (!this.live.delete(entry.dot)) return;
    entry.listing.release();
    this.#digest ^= mix(entry.dot);
    const top = this.#shadowed.isEmpty ? entry : this.top(entry.owner, entry.topic, entry.key)!;
    if (top !== entry) {
      this.#shadowed.delete(top, entry);
      return;
    }
    listener.vanished(entry);
    const promoted = this.#shadowed.promoteHighest(entry);
    if (promoted === undefined) {
      this.#tops.delete(entry);
    } else {
      this.#tops.put(promoted);
      listener.appeared(promoted);
    }
  }
}

/** The finalizer of MurmurHash3 (Appleby), over both halves of the number. */
function mix(dot: number): number {
  let hash = (dot | 0) ^ Math.imul((dot / 0x1_0000_0000) | 0, 0x9e37_79b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}
