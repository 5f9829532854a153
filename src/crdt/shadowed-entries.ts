import type { LiveEntry } from "./live-entry.ts";

/**
 * The live dots that readers do not see, because a higher dot of the same presence, its *top*, is live too. There are
 * such dots only while `seen` has a gap.
 */
export class ShadowedEntries {
  /** By top: the lower dots in rising order, so a replaced top is pushed, and a promoted entry is popped. */
  readonly #byTop = new Map<LiveEntry, LiveEntry[]>();
  #size = 0;

  get isEmpty(): boolean {
    return this.#byTop.size === 0;
  }

  get size(): number {
    return this.#size;
  }

  all(): Set<LiveEntry> {
    return new Set([...this.#byTop.values()].flat());
  }

  /** Adds `entry` below `top`. */
  add(top: LiveEntry, entry: LiveEntry): void {
    this.#size++;
    const lower = this.#byTop.get(top);
    if (lower === undefined) this.#byTop.set(top, [entry]);
    else lower.splice(indexOf(entry, lower), 0, entry);
  }

  /** Makes `entry` the top in place of `top`, which goes below it. */
  replaceTop(top: LiveEntry, entry: LiveEntry): void {
    this.#size++;
    const lower = this.#byTop.get(top) ?? [];
    lower.push(top);
    this.#byTop.delete(top);
    this.#byTop.set(entry, lower);
  }

  /** Removes `entry` from below `top`. */
  delete(top: LiveEntry, entry: LiveEntry): void {
    this.#size--;
    const lower = this.#byTop.get(top)!;
    lower.splice(indexOf(entry, lower), 1);
    if (lower.length === 0) this.#byTop.delete(top);
  }

  /** Removes `top`. Returns the highest dot below it, if any, which is the top from now on. */
  promoteHighest(top: LiveEntry): LiveEntry | undefined {
    const lower = this.#byTop.get(top);
    const promoted = lower?.pop();
    this.#byTop.delete(top);
    if (promoted !== undefined) this.#size--;
    if (promoted !== undefined && lower!.length > 0) this.#byTop.set(promoted, lower!);
    return promoted;
  }
}

/** The index at which the entry is, or at which it belongs. */
function indexOf(entry: LiveEntry, rising: readonly LiveEntry[]): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]!.dot < entry.dot) low = middle + 1;
    else high = middle;
  }
  return low;
}
