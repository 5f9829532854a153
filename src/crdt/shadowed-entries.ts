import type { LiveEntry } from "./live-entry.ts";

/**
 * By the entry that readers see of a presence, its *top*, the lower live dots of the same presence. There are none
 * but while there is a gap in what was seen.
 */
export class ShadowedEntries {
  /** By rising dot: what is overtaken comes last, and so does the heir. */
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

  /** `entry` comes in below `top`. */
  add(top: LiveEntry, entry: LiveEntry): void {
    this.#size++;
    const lower = this.#byTop.get(top);
    if (lower === undefined) this.#byTop.set(top, [entry]);
    else lower.splice(placeOf(entry, lower), 0, entry);
  }

  /** `entry` takes the place of `top`, which goes below it. */
  replaceTop(top: LiveEntry, entry: LiveEntry): void {
    this.#size++;
    const lower = this.#byTop.get(top) ?? [];
    lower.push(top);
    this.#byTop.delete(top);
    this.#byTop.set(entry, lower);
  }

  /** `entry`, below `top`, is gone. */
  delete(top: LiveEntry, entry: LiveEntry): void {
    this.#size--;
    const lower = this.#byTop.get(top)!;
    lower.splice(placeOf(entry, lower), 1);
    if (lower.length === 0) this.#byTop.delete(top);
  }

  /** `top` is gone: the highest dot below it, where there is one, takes its place. */
  promoteHighest(top: LiveEntry): LiveEntry | undefined {
    const lower = this.#byTop.get(top);
    const heir = lower?.pop();
    this.#byTop.delete(top);
    if (heir !== undefined) this.#size--;
    if (heir !== undefined && lower!.length > 0) this.#byTop.set(heir, lower!);
    return heir;
  }
}

/** Where the entry is, or belongs. */
function placeOf(entry: LiveEntry, rising: readonly LiveEntry[]): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]!.dot < entry.dot) low = middle + 1;
    else high = middle;
  }
  return low;
}
