import type { Fragment } from "../crdt/fragment.ts";
import { Intervals } from "../crdt/intervals.ts";
import type { Push } from "../wire/replica-message.ts";

/**
 * Puts the parts of one answer together, whatever their order and however often they come. What only adds presences
 * can be merged as it arrives; what tells of leaves waits for all the rest, and is then merged as one. Make one for each
 * pull, and give it the parts of that request and sender only.
 *
 * @example
 * const answer = new Answer();
 * for (const fragment of answer.receive(push)) set.merge(fragment);
 * if (answer.isComplete) stopWaiting();
 */
export class PushAssembler {
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
    const contradicts = push.parts !== this.#first.parts || push.addingParts !== this.#first.addingParts;
    if (contradicts || this.#received.has(push.part)) return [];
    this.#received.add(push.part);
    const fragments = push.part < push.addingParts ? [...push.fragments] : [];
    if (push.part >= push.addingParts) for (const fragment of push.fragments) this.#closing.push(fragment);
    return this.isComplete ? [...fragments, ...oneEach(this.#closing)] : fragments;
  }
}

/** One fragment a replica, that says what all of its own say. */
function oneEach(fragments: readonly Fragment[]): Fragment[] {
  const byReplica = new Map<string, Fragment[]>();
  for (const fragment of fragments) {
    const same = byReplica.get(fragment.replica);
    if (same === undefined) byReplica.set(fragment.replica, [fragment]);
    else same.push(fragment);
  }
  return [...byReplica.values()].map(combineFragments);
}

/** What these fragments of one replica say, in one. */
export function combineFragments(fragments: readonly Fragment[]): Fragment {
  const [first] = fragments as [Fragment];
  if (fragments.length === 1) return first;
  const seen = Intervals.empty();
  for (const fragment of fragments) seen.addAll(fragment.seen);
  const live = new Map(
    fragments.flatMap((fragment) => fragment.live.map((entry) => [entry.dot, entry] as const)),
  );
  return {
    replica: first.replica,
    seen,
    live: [...live.values()].sort((one, other) => one.dot - other.dot),
    leaves: fragments.flatMap(({ leaves }) => leaves),
  };
}
