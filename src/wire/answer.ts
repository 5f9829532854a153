import type { Fragment } from "../crdt/fragment.ts";
import type { Push } from "./message.ts";

/**
 * Puts the parts of one answer together, whatever their order and however often they come. What only adds presences
 * can be merged as it arrives; what tells of leaves waits for all the rest, and is then merged as one.
 *
 * @example
 * const answer = new Answer();
 * for (const fragment of answer.receive(push)) set.merge(fragment);
 * if (answer.isComplete) stopWaiting();
 */
export class Answer {
  #first: Push | undefined = undefined;
  readonly #received = new Set<number>();
  readonly #closing: Fragment[] = [];

  /** Whether every part has arrived. */
  get isComplete(): boolean {
    return this.#received.size === this.#first?.parts;
  }

  /** The fragments to merge now. A part that contradicts those before it is ignored. */
  receive(push: Push): Fragment[] {
    this.#first ??= push;
    const contradicts = push.parts !== this.#first.parts || push.adding !== this.#first.adding;
    if (contradicts || this.#received.has(push.part)) return [];
    this.#received.add(push.part);
    const fragments = push.part < push.adding ? [...push.fragments] : [];
    if (push.part >= push.adding) this.#closing.push(...push.fragments);
    return this.isComplete ? [...fragments, ...oneEach(this.#closing)] : fragments;
  }
}

/** One fragment a replica, that says what all of its own say. */
function oneEach(fragments: readonly Fragment[]): Fragment[] {
  const byReplica = new Map<string, Fragment>();
  for (const fragment of fragments) {
    const earlier = byReplica.get(fragment.replica);
    byReplica.set(fragment.replica, earlier === undefined ? fragment : both(earlier, fragment));
  }
  return [...byReplica.values()];
}

function both(one: Fragment, other: Fragment): Fragment {
  const seen = one.seen.copy();
  seen.addAll(other.seen);
  return {
    replica: one.replica,
    seen,
    live: one.live.concat(other.live).sort((left, right) => left.dot - right.dot),
    leaves: one.leaves.concat(other.leaves),
  };
}
