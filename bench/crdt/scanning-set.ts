import type { Fragment, LiveDot } from "../../src/crdt/index.ts";

/**
 * Merges as Phoenix does: it looks at every entry to find those that a delta removes. It keeps one map only, so the scan
 * alone explains any cost above ours.
 */
export class ScanningSet {
  readonly #entries = new Map<number, LiveDot>();

  get size(): number {
    return this.#entries.size;
  }

  merge({ seen, live }: Fragment): { joins: LiveDot[]; leaves: LiveDot[] } {
    const named = new Set(live.map(({ dot }) => dot));
    const leaves: LiveDot[] = [];
    for (const entry of this.#entries.values()) {
      if (seen.has(entry.dot) && !named.has(entry.dot)) leaves.push(entry);
    }
    const joins = live.filter(({ dot }) => !this.#entries.has(dot));
    for (const { dot } of leaves) this.#entries.delete(dot);
    for (const entry of joins) this.#entries.set(entry.dot, entry);
    return { joins, leaves };
  }
}
