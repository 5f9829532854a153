import type { Numbers } from "../support/replicate-modes.ts";

/** A presence of a visitor. All times are in ms of `monotonicNow`. */
interface Visit {
  /** The id of the node that tracks it. */
  readonly node: string;
  readonly owner: string;
  readonly place: string;
  readonly startedAt: number;
  endedAt: number;
  /** Whether every node that ran at the last agreement showed it then. */
  isKnown: boolean;
}

/**
 * Who is really there: every visit that has been asked of a node, until it ends or its process does. A visit starts and ends
 * here a moment before it does at its node.
 */
export class Visits {
  joins = 0;
  leaves = 0;
  #visits: Visit[] = [];

  start(node: string, owner: string, place: string, now: number): void {
    this.joins += 1;
    this.#visits.push({
      node,
      owner,
      place,
      startedAt: now,
      endedAt: Number.POSITIVE_INFINITY,
      isKnown: false,
    });
  }

  end(node: string, owner: string, now: number): void {
    for (const visit of this.#heldBy(node)) if (visit.owner === owner) this.#end(visit, now);
  }

  /** The process of a node ends, and all of its visits do. */
  endAll(node: string, now: number): void {
    for (const visit of this.#heldBy(node)) this.#end(visit, now);
  }

  /** The owners of the visits at a node. */
  ownersAt(node: string): string[] {
    return this.#heldBy(node).map(({ owner }) => owner);
  }

  /** The numbers that every node must show in the end. */
  numbers(): Numbers {
    const numbers: Record<string, number> = {};
    for (const { place, endedAt } of this.#visits)
      if (endedAt === Number.POSITIVE_INFINITY) numbers[place] = (numbers[place] ?? 0) + 1;
    return numbers;
  }

  /** All nodes show the expected numbers. So a visit that has ended is gone for good, and all others are known. */
  agreed(): void {
    this.#visits = this.#visits.filter(({ endedAt }) => endedAt === Number.POSITIVE_INFINITY);
    for (const visit of this.#visits) visit.isKnown = true;
  }

  /**
   * The number that a node that ran at the last agreement must show at least: the visits that were known then and still last,
   * except those at nodes that may be down for it.
   */
  least(place: string, at: number, silent: readonly string[]): number {
    return this.#count(
      place,
      ({ node, isKnown, endedAt }) => isKnown && endedAt > at && !silent.includes(node),
    );
  }

  /** The number that a node may show at most: all visits that have started and had not ended at the last agreement. */
  most(place: string, at: number): number {
    return this.#count(place, ({ startedAt }) => startedAt <= at);
  }

  #heldBy(node: string): Visit[] {
    return this.#visits.filter((visit) => visit.node === node && visit.endedAt === Number.POSITIVE_INFINITY);
  }

  #end(visit: Visit, now: number): void {
    visit.endedAt = now;
    this.leaves += 1;
  }

  #count(place: string, matches: (visit: Visit) => boolean): number {
    return this.#visits.filter((visit) => visit.place === place && matches(visit)).length;
  }
}
