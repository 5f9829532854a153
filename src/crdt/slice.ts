import { Intervals } from "./intervals.ts";
import { LeaveLog } from "./leave-log.ts";
import type { LiveEntry } from "./live-entry.ts";
import { NumberMap } from "./number-map.ts";
import { Origin } from "./origin.ts";
import { OwnerIndex } from "./owner-index.ts";
import { ShadowedEntries } from "./shadowed-entries.ts";

/** Told of each change in what readers see of a slice. */
export interface VisibilityListener {
  appeared(entry: LiveEntry): void;
  vanished(entry: LiveEntry): void;
}

/**
 * What we know of one replica: which of its events (`seen`), and which of its joins and updates still stand
 * (`live`). With a gap in `seen` an old and a newer dot of one presence may both be live: both stay, so that
 * merge is free of order, and readers see the highest, the *top*. A slice knows nothing of visibility.
 */
export class Slice {
  readonly origin: Origin;
  readonly seen: Intervals = Intervals.empty();
  readonly log: LeaveLog;
  readonly live: NumberMap<LiveEntry> = new NumberMap();
  readonly #tops = new OwnerIndex();
  readonly #lower = new ShadowedEntries();
  #digest = 0;

  constructor(replica: string, logLimit: number) {
    this.origin = new Origin(replica);
    this.log = new LeaveLog(logLimit);
  }

  get replica(): string {
    return this.origin.replica;
  }

  /** A 32-bit digest of the live dots, kept as they come and go. */
  get digest(): number {
    return this.#digest >>> 0;
  }

  /** How many presences readers see of this slice. */
  get size(): number {
    return this.live.size - this.#lower.size;
  }

  /** The highest live dot of this presence. */
  top(owner: number, topic: string, key: string): LiveEntry | undefined {
    return this.#tops.get(owner, topic, key);
  }

  /** How many presences this owner holds, as readers see it. */
  countOf(owner: number): number {
    return this.#tops.countOf(owner);
  }

  /** What this owner holds, as readers see it. */
  topsOf(owner: number): LiveEntry[] {
    return this.#tops.of(owner);
  }

  /** Everything readers see of this slice. */
  tops(): LiveEntry[] {
    const entries = this.live.values();
    if (this.#lower.isEmpty) return entries;
    const lower = this.#lower.all();
    return entries.filter((entry) => !lower.has(entry));
  }

  /** The live dots that are in `seen`: by walking the smaller of the two, never an interval for its own sake. */
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

  /** Adds a live dot; returns the one that it took the place of, for readers. */
  add(entry: LiveEntry, readers: VisibilityListener): LiveEntry | undefined {
    this.live.set(entry.dot, entry);
    entry.listing.retain();
    this.#digest ^= mix(entry.dot);
    const top = this.#tops.put(entry);
    if (top !== undefined && top.dot > entry.dot) {
      this.#tops.put(top);
      this.#lower.add(top, entry);
      return undefined;
    }
    if (top !== undefined) {
      this.#lower.replaceTop(top, entry);
      readers.vanished(top);
    }
    readers.appeared(entry);
    return top;
  }

  /** Takes a live dot out; the next lower one of the same presence, where there is one, comes up. */
  remove(entry: LiveEntry, readers: VisibilityListener): void {
    this.live.delete(entry.dot);
    entry.listing.release();
    this.#digest ^= mix(entry.dot);
    const top = this.#lower.isEmpty ? entry : this.top(entry.owner, entry.topic, entry.key)!;
    if (top !== entry) {
      this.#lower.delete(top, entry);
      return;
    }
    readers.vanished(entry);
    const heir = this.#lower.promoteHighest(entry);
    if (heir === undefined) {
      this.#tops.delete(entry);
    } else {
      this.#tops.put(heir);
      readers.appeared(heir);
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
