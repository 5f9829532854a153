import type { LeavePair, LiveDot, Operation } from "./fragment.ts";

/**
 * What happened to our own slice and was not taken for sending yet, cut into the smallest pieces that may travel
 * alone.
 */
export class PendingOperations {
  #last = 0;
  #lastTaken = 0;
  /** Up to here others may know our dots: they were taken for sending, or served. */
  #lastKnown = 0;
  /** Untaken leaves by their dot. */
  readonly #leaves = new Map<number, LeavePair>();
  /**
   * Of a dot that took the place of others by updates: the leaves of those that may be known elsewhere. Were they
   * to arrive without the dot, readers would see nothing in between.
   */
  readonly #rootLeaves = new Map<number, readonly LeavePair[]>();

  /** The highest dot that was given. */
  get lastDot(): number {
    return this.#last;
  }

  /** How many dots were given since steps were last taken. */
  get size(): number {
    return this.#last - this.#lastTaken;
  }

  /** A join takes the next dot. */
  recordJoin(): void {
    this.#last++;
  }

  /** A leave takes the next dot. */
  recordLeave(dead: number): LeavePair {
    const pair = { leave: ++this.#last, dead };
    this.#leaves.set(pair.leave, pair);
    this.#rootLeaves.delete(dead);
    return pair;
  }

  /** An update takes the next two dots: a leave and a join. */
  recordUpdate(dead: number): LeavePair {
    const earlierRoots = this.#rootLeaves.get(dead) ?? [];
    const isKnownElsewhere = dead <= this.#lastKnown;
    const pair = this.recordLeave(dead);
    this.recordJoin();
    const roots = isKnownElsewhere ? [...earlierRoots, pair] : earlierRoots;
    if (roots.length > 0) this.#rootLeaves.set(this.#last, roots);
    return pair;
  }

  /** Others get to know all that is there now. */
  markKnown(): void {
    this.#lastKnown = this.#last;
  }

  /** The steps since they were last taken, in the order in which they happened. */
  take(liveAt: (dot: number) => LiveDot | undefined): Operation[] {
    const steps: Operation[] = [];
    const rooted = new Set([...this.#rootLeaves.values()].flat());
    for (let dot = this.#lastTaken + 1; dot <= this.#last; dot++) {
      const live = liveAt(dot);
      const leave = this.#leaves.get(dot);
      if (live !== undefined) steps.push({ live, leaves: this.#rootLeaves.get(dot) ?? NONE });
      else if (leave !== undefined && !rooted.has(leave)) steps.push({ leaves: [leave] });
    }
    this.#leaves.clear();
    this.#rootLeaves.clear();
    this.#lastTaken = this.#last;
    this.markKnown();
    return steps;
  }
}

const NONE: readonly LeavePair[] = [];
