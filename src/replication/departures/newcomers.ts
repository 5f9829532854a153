import { type Place, PlaceMap } from "./place.ts";

/** A presence of our own that joined and has superseded no pending leave yet. */
export interface Newcomer extends Place {
  /** The dot of its join. */
  readonly dot: number;
  readonly joinedAt: number;
}

/** The most newcomers that are remembered. Beyond it, the oldest are dropped. */
const MAX_NEWCOMERS = 10_000;

/**
 * The newcomers of this replica that have superseded nothing. A client is often here before the news that its former
 * connection has ended elsewhere: then its newcomer claims the pending leave afterwards.
 */
export class Newcomers {
  readonly #retentionMs: number;
  /** The newcomers of each topic and key, the oldest first. */
  readonly #byPlace = new PlaceMap<Newcomer[]>();
  /** All of them, the oldest first. */
  readonly #all = new Set<Newcomer>();

  constructor(retentionMs: number) {
    this.#retentionMs = retentionMs;
  }

  get oldest(): Newcomer | undefined {
    return this.#all.values().next().value;
  }

  add(newcomer: Newcomer): void {
    this.expire(newcomer.joinedAt);
    const here = this.#byPlace.get(newcomer);
    if (here === undefined) this.#byPlace.set(newcomer, [newcomer]);
    else if (here.at(-1)!.joinedAt <= newcomer.joinedAt) here.push(newcomer);
    // One that waited for the answer to a claim comes back with its former time.
    else here.splice(firstSince(here, newcomer.joinedAt), 0, newcomer);
    this.#all.add(newcomer);
  }

  /** The newcomers at this place that joined at or after `since`, the oldest first. */
  since(place: Place, since: number): Newcomer[] {
    const here = this.#byPlace.get(place);
    return here === undefined ? [] : here.slice(firstSince(here, since));
  }

  delete(newcomer: Newcomer): void {
    if (!this.#all.delete(newcomer)) return;
    const here = this.#byPlace.get(newcomer)!;
    here.splice(here.indexOf(newcomer), 1);
    if (here.length === 0) this.#byPlace.delete(newcomer);
  }

  /** Drops those that are too old, or too many. */
  expire(now: number): void {
    for (const newcomer of this.#all) {
      if (newcomer.joinedAt + this.#retentionMs >= now && this.#all.size < MAX_NEWCOMERS) return;
      this.delete(newcomer);
    }
  }

  clear(): void {
    this.#byPlace.clear();
    this.#all.clear();
  }
}

/** The index of the first newcomer that joined at or after `since`. */
function firstSince(newcomers: readonly Newcomer[], since: number): number {
  let [low, high] = [0, newcomers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (newcomers[middle]!.joinedAt < since) low = middle + 1;
    else high = middle;
  }
  return low;
}
