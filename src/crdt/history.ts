import type { LeavePair, LiveDot, Step } from "./fragment.ts";

/**
 * What happened to our own slice and was not taken for sending yet, cut into the smallest pieces that may travel
 * alone.
 */
export class History {
  #lastTaken = 0;
  #last = 0;
  /** Untaken leaves by their dot. */
  readonly #leaves = new Map<number, LeavePair>();
  /**
   * Of a dot that took the place of another by updates: the leave of the last dot that may be known elsewhere.
   * Were it to arrive without the dot, readers would see nothing in between.
   */
  readonly #rootLeaves = new Map<number, LeavePair>();

  /** The highest dot that was given. */
  get last(): number {
    return this.#last;
  }

  /** A join takes the next dot. */
  joined(): void {
    this.#last++;
  }

  /** A leave takes the next dot. */
  left(dead: number): LeavePair {
    const pair = { leave: ++this.#last, dead };
    this.#leaves.set(pair.leave, pair);
    this.#rootLeaves.delete(dead);
    return pair;
  }

  /** An update takes the next two dots: a leave and a join. */
  updated(dead: number): LeavePair {
    const earlierRoot = this.#rootLeaves.get(dead);
    const isKnownElsewhere = dead <= this.#lastTaken;
    const pair = this.left(dead);
    this.joined();
    const root = isKnownElsewhere ? pair : earlierRoot;
    if (root !== undefined) this.#rootLeaves.set(this.#last, root);
    return pair;
  }

  /** The steps since they were last taken, in the order in which they happened. */
  take(liveAt: (dot: number) => LiveDot | undefined): Step[] {
    const steps: Step[] = [];
    const rooted = new Set(this.#rootLeaves.values());
    for (let dot = this.#lastTaken + 1; dot <= this.#last; dot++) {
      const live = liveAt(dot);
      const leave = live === undefined ? this.#leaves.get(dot) : this.#rootLeaves.get(dot);
      if (live !== undefined) steps.push(leave === undefined ? { live } : { live, leave });
      else if (leave !== undefined && !rooted.has(leave)) steps.push({ leave });
    }
    this.#leaves.clear();
    this.#rootLeaves.clear();
    this.#lastTaken = this.#last;
    return steps;
  }
}
