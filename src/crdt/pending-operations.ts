import type { LeavePair, LiveDot, Operation } from "./fragment.ts";

/** The events of our own slice that have not been taken for sending yet, and the operations that they make up. */
export class PendingOperations {
  #lastDot = 0;
  #lastTakenDot = 0;
  /** Peers may know our dots up to this one: they were taken for sending, or were part of a catch-up. */
  #lastKnownDot = 0;
  /** The leaves that were not taken yet, by their dot. */
  readonly #leaves = new Map<number, LeavePair>();
  /**
   * By the live dot of an updated presence: the leaves of its earlier dots that peers may know. They travel with that dot.
   * If they arrived without it, readers would see the presence disappear in between.
   */
  readonly #leavesOfUpdated = new Map<number, readonly LeavePair[]>();
  /** By its dot: the last update of a presence that has ended since, and that peers may know. They see it before the leave. */
  readonly #lastUpdates = new Map<number, Operation>();

  /** The highest dot in use. */
  get lastDot(): number {
    return this.#lastDot;
  }

  /** The number of dots that were used since operations were last taken. */
  get size(): number {
    return this.#lastDot - this.#lastTakenDot;
  }

  /** Records a join, which takes the next dot. */
  recordJoin(): void {
    this.#lastDot++;
  }

  /** Records the leave of a presence, which takes the next dot. */
  recordLeave({ dot, owner, topic, key, content, replaced }: LiveDot): LeavePair {
    const leaves = this.#leavesOfUpdated.get(dot);
    if (leaves !== undefined)
      this.#lastUpdates.set(dot, { live: { dot, owner, topic, key, content, replaced }, leaves });
    return this.#endDot(dot);
  }

  #endDot(ended: number): LeavePair {
    const pair = { leave: ++this.#lastDot, ended };
    this.#leaves.set(pair.leave, pair);
    this.#leavesOfUpdated.delete(ended);
    return pair;
  }

  /** Records an update, which takes the next two dots: a leave, then a join. */
  recordUpdate(ended: number): LeavePair {
    const earlierLeaves = this.#leavesOfUpdated.get(ended) ?? [];
    const mayBeKnown = ended <= this.#lastKnownDot;
    const pair = this.#endDot(ended);
    this.recordJoin();
    const leaves = mayBeKnown ? [...earlierLeaves, pair] : earlierLeaves;
    if (leaves.length > 0) this.#leavesOfUpdated.set(this.#lastDot, leaves);
    return pair;
  }

  /** Notes that peers may know all dots so far. */
  markKnown(): void {
    this.#lastKnownDot = this.#lastDot;
  }

  /** Takes the operations since the last take, in the order in which they happened. */
  take(liveAt: (dot: number) => LiveDot | undefined): Operation[] {
    const operations: Operation[] = [];
    const travelWithUpdate = new Set([...this.#leavesOfUpdated.values()].flat());
    for (const { leaves } of this.#lastUpdates.values())
      for (const pair of leaves) travelWithUpdate.add(pair);
    for (let dot = this.#lastTakenDot + 1; dot <= this.#lastDot; dot++) {
      const live = liveAt(dot);
      const leave = this.#leaves.get(dot);
      const lastUpdate = this.#lastUpdates.get(dot);
      if (lastUpdate !== undefined) operations.push(lastUpdate);
      else if (live !== undefined)
        operations.push({ live, leaves: this.#leavesOfUpdated.get(dot) ?? NO_LEAVES });
      else if (leave !== undefined && !travelWithUpdate.has(leave)) operations.push({ leaves: [leave] });
    }
    this.#leaves.clear();
    this.#leavesOfUpdated.clear();
    this.#lastUpdates.clear();
    this.#lastTakenDot = this.#lastDot;
    this.markKnown();
    return operations;
  }
}

const NO_LEAVES: readonly LeavePair[] = [];
