import type { Fragment, LiveDot } from "../../src/crdt/index.ts";

/**
 * Merges as the reference does: to find whom a delta ends, it looks at everybody. One map is all it keeps, so
 * a merge that costs more than ours costs it for the scan alone.
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
