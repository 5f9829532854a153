import assert from "node:assert/strict";
import { type Change, type Fragment, type PresenceRecord, PresenceSet } from "../../src/crdt/index.ts";
import type { ModelPresence, ReplicaModel } from "./replica-model.ts";

/** A row of what readers see, in an order of its own. */
export type VisibleRow = readonly [
  topic: string,
  key: string,
  ref: string,
  previousRef: string,
  meta: string,
];

/**
 * A set that only watches, and whatever it reports must hold: no ref joins twice without a leave between, no leave is
 * of one that is not there, and the reports so far, replayed, are what it lists and counts.
 */
export class ObservingSet {
  readonly set: PresenceSet;
  readonly #reported = new Map<string, PresenceRecord>();

  constructor(shown: Iterable<string>, options: { logLimit?: number } = {}) {
    this.set = new PresenceSet({ replica: "observer", ...options });
    for (const replica of shown) this.set.show(replica);
  }

  /** What it was told of so far, by ref. */
  get reported(): ReadonlyMap<string, PresenceRecord> {
    return this.#reported;
  }

  merge(fragment: Fragment): Change {
    return this.record(this.set.merge(fragment));
  }

  record(change: Change): Change {
    for (const { ref } of change.leaves) {
      assert(this.#reported.has(ref), `${ref} leaves, and was not there`);
      this.#reported.delete(ref);
    }
    for (const presence of change.joins) {
      assert(!this.#reported.has(presence.ref), `${presence.ref} joins, and was there`);
      this.#reported.set(presence.ref, presence);
    }
    return change;
  }

  /** What readers see; throws where the reports, the lists and the counts disagree. */
  rows(): VisibleRow[] {
    const rows = visibleRows(this.set);
    const refs = rows.map(([, , ref]) => ref).sort();
    assert.deepEqual([...this.#reported.keys()].sort(), refs, "the reports, replayed, are what is listed");
    return rows;
  }
}

/** What readers of a set see; throws where its lists and counts disagree. */
export function visibleRows(set: PresenceSet): VisibleRow[] {
  const rows: VisibleRow[] = [];
  for (const topic of set.topics()) {
    const list = set.list(topic);
    const keys = new Set(list.map(([key]) => key));
    assert.equal(set.count(topic), list.length);
    assert.equal(set.keyCount(topic), keys.size);
    for (const key of keys) {
      const metas = set.getByKey(topic, key);
      const listed = list.filter(([one]) => one === key).map(([, meta]) => meta);
      assert.equal(set.count(topic, key), listed.length);
      assert(metas.length === listed.length && listed.every((meta) => metas.includes(meta)));
    }
    for (const [key, { phx_ref, phx_ref_prev, ...meta }] of list) {
      rows.push([topic, key, phx_ref, phx_ref_prev ?? "", JSON.stringify(meta)]);
    }
  }
  return rows.sort();
}

/** The rows that the model demands. */
export function rowsOf(truth: ReplicaModel, facts: readonly ModelPresence[]): VisibleRow[] {
  const refOf = (dot: number) => (dot === 0 ? "" : `${truth.replica}.${dot}`);
  return facts
    .map(
      ({ topic, key, dot, replaced, meta }): VisibleRow => [
        topic,
        key,
        refOf(dot),
        refOf(replaced),
        JSON.stringify(meta),
      ],
    )
    .sort();
}
