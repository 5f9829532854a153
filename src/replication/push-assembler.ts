import type { Fragment } from "../crdt/fragment.ts";
import { Intervals } from "../crdt/intervals.ts";
import type { Push } from "../wire/replica-message.ts";

/**
 * Assembles the parts of the answer to one pull. Parts may arrive in any order and more than once. The parts before
 * `addingParts` contain joins only, and are merged as they arrive. The others contain leaves and are merged together at the
 * end, so that no reader sees the old meta of an update disappear before the new one appears. Make one assembler for each
 * pull, and give it only the parts with the request number and the sender of that pull.
 *
 * @example
 * const assembler = new PushAssembler();
 * for (const fragment of assembler.receive(push)) set.merge(fragment);
 * assembler.isComplete; // true once every part has arrived
 */
export class PushAssembler {
  #first: Push | undefined = undefined;
  readonly #received = new Set<number>();
  readonly #closing: Fragment[] = [];

  /** Whether every part has arrived. */
  get isComplete(): boolean {
    return this.#received.size === this.#first?.parts;
  }

  /** Returns the fragments to merge now. Ignores a part that arrived before, or that contradicts the first one. */
  receive(push: Push): Fragment[] {
    this.#first ??= push;
    const contradicts = push.parts !== this.#first.parts || push.addingParts !== this.#first.addingParts;
    if (contradicts || this.#received.has(push.part)) return [];
    this.#received.add(push.part);
    const fragments = push.part < push.addingParts ? [...push.fragments] : [];
    if (push.part >= push.addingParts) for (const fragment of push.fragments) this.#closing.push(fragment);
    return this.isComplete ? [...fragments, ...combineByReplica(this.#closing)] : fragments;
  }
}

/** One fragment for each replica, with everything that its fragments say. */
function combineByReplica(fragments: readonly Fragment[]): Fragment[] {
  const byReplica = new Map<string, Fragment[]>();
  for (const fragment of fragments) {
    const same = byReplica.get(fragment.replica);
    if (same === undefined) byReplica.set(fragment.replica, [fragment]);
    else same.push(fragment);
  }
  return [...byReplica.values()].map(combineFragments);
}

/** One fragment with everything that these fragments of one replica say. */
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
