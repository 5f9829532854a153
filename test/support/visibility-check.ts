import assert from "node:assert/strict";
import { Intervals } from "../../src/crdt/index.ts";
import { REPLICAS } from "../../src/testing/arbitraries/histories.ts";
import type { ObservingSet } from "./observing-set.ts";
import type { ModelledHistory } from "./play-history.ts";

/**
 * Checks an observer while it merges messages: a visible presence must stay visible through all its updates, until the
 * observer has received at least a part of the delta in which the presence ended.
 */
export class VisibilityCheck {
  readonly #history: ModelledHistory;
  readonly #observer: ObservingSet;
  /** By replica: the dots of all deltas of which a part has arrived. A presence that was updated and then left may end in one part and be updated in another. */
  readonly #arrivingDots = new Map(REPLICAS.map((replica) => [replica, Intervals.empty()]));

  constructor(history: ModelledHistory, observer: ObservingSet) {
    this.#history = history;
    this.#observer = observer;
  }

  /** Calls `merge`, which merges a part of a delta with these dots, and checks which presences are gone afterwards. */
  whileMerging(replica: string, delta: Intervals, merge: () => void): void {
    const before = this.#presences();
    this.#arrivingDots.get(replica)!.addAll(delta);
    merge();
    const after = new Set(this.#presences().map(({ presence }) => presence));
    for (const gone of before.filter(({ presence }) => !after.has(presence))) {
      const end = this.#history.models.get(gone.replica)!.endOf(gone.root);
      assert(this.#arrivingDots.get(gone.replica)!.has(end), `${gone.presence} is absent during an update`);
    }
  }

  #presences(): { replica: string; presence: string; root: number }[] {
    return Array.from(this.#observer.reported.values(), ({ replica, owner, topic, key, dot }) => ({
      replica,
      presence: JSON.stringify([replica, owner, topic, key]),
      root: this.#history.models.get(replica)!.rootOf(dot),
    }));
  }
}
