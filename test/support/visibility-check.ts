import assert from "node:assert/strict";
import { Intervals } from "../../src/crdt/index.ts";
import { REPLICAS } from "../../src/testing/arbitraries/histories.ts";
import type { ObservingSet } from "./observing-set.ts";
import type { PlayedHistory } from "./play-history.ts";

/**
 * Watches an observer while messages come in, and holds it to this: whoever is on show stays on show through all
 * updates, until the observer heard, at least in part, of the delta in which it came to its end.
 */
export class VisibilityCheck {
  readonly #story: PlayedHistory;
  readonly #observer: ObservingSet;
  /** The events of all deltas that were heard of: an end may come in halves, what was updated and then left. */
  readonly #begun = new Map(REPLICAS.map((replica) => [replica, Intervals.empty()]));

  constructor(story: PlayedHistory, observer: ObservingSet) {
    this.#story = story;
    this.#observer = observer;
  }

  /** Lets `merge` bring in a part of a delta with these events, and sees who is gone afterwards. */
  whileMerging(replica: string, delta: Intervals, merge: () => void): void {
    const before = this.#presences();
    this.#begun.get(replica)!.addAll(delta);
    merge();
    const after = new Set(this.#presences().map(({ presence }) => presence));
    for (const gone of before.filter(({ presence }) => !after.has(presence))) {
      const end = this.#story.truths.get(gone.replica)!.endOf(gone.root);
      assert(this.#begun.get(gone.replica)!.has(end), `${gone.presence} is absent in an update`);
    }
  }

  #presences(): { replica: string; presence: string; root: number }[] {
    return Array.from(this.#observer.reported.values(), ({ replica, owner, topic, key, dot }) => ({
      replica,
      presence: JSON.stringify([replica, owner, topic, key]),
      root: this.#story.truths.get(replica)!.rootOf(dot),
    }));
  }
}
