import type { NetChange, TopicChange } from "./net-change.ts";

/** A number for each key, without a prototype. A key that is missing has 0. */
export type KeyCounts = { readonly [key: string]: number };

/** A sum of changes in counts: the number by which each key has changed is in its joins or in its leaves, never in both. */
export class NetCounts implements NetChange<KeyCounts> {
  /** By how much each key has changed. Never 0. */
  readonly #changes = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  get size(): number {
    return this.#changes.size;
  }

  add({ joins, leaves }: TopicChange<KeyCounts>): void {
    for (const key of Object.keys(joins)) this.addKey(key, joins[key]!);
    for (const key of Object.keys(leaves)) this.addKey(key, -leaves[key]!);
  }

  /** Adds a change of the count of one key. */
  addKey(key: string, by: number): void {
    const sum = (this.#changes.get(key) ?? 0) + by;
    if (sum === 0) this.#changes.delete(key);
    else this.#changes.set(key, sum);
  }

  toChange(): TopicChange<KeyCounts> {
    const joins: Record<string, number> = Object.create(null);
    const leaves: Record<string, number> = Object.create(null);
    for (const [key, by] of this.#changes) {
      if (by > 0) joins[key] = by;
      else leaves[key] = -by;
    }
    return { joins, leaves };
  }
}
