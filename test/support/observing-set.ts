import assert from "node:assert/strict";
import { type Change, type Fragment, type PresenceRecord, PresenceSet } from "../../src/crdt/index.ts";
import type { ModelPresence, ReplicaModel } from "./replica-model.ts";

/** One presence as readers see it, as a row that can be sorted and compared. */
export type VisibleRow = readonly [
  topic: string,
  key: string,
  ref: string,
  previousRef: string,
  meta: string,
];

/**
 * A set that only receives, and checks what it reports: no ref joins twice without leaving in between, no ref leaves
 * that is not there, and all reports, replayed from the start, give what the set lists and counts.
 */
export class ObservingSet {
  readonly set: PresenceSet;
  readonly #reported = new Map<string, PresenceRecord>();

  constructor(shown: Iterable<string>, options: { logLimit?: number } = {}) {
    this.set = new PresenceSet({ replica: "observer", ...options });
    for (const replica of shown) this.set.show(replica);
  }

  /** The presences that the reports add up to, by ref. */
  get reported(): ReadonlyMap<string, PresenceRecord> {
    return this.#reported;
  }

  merge(fragment: Fragment): Change {
    return this.record(this.set.merge(fragment));
  }

  record(change: Change): Change {
    for (const { ref } of change.leaves) {
      assert(this.#reported.has(ref), `${ref} leaves but was not there`);
      this.#reported.delete(ref);
    }
    for (const presence of change.joins) {
      assert(!this.#reported.has(presence.ref), `${presence.ref} joins but was already there`);
      this.#reported.set(presence.ref, presence);
    }
    return change;
  }

  /** The presences that readers see. Throws if the reports, the lists and the counts disagree. */
  rows(): VisibleRow[] {
    const rows = visibleRows(this.set);
    const refs = rows.map(([, , ref]) => ref).sort();
    assert.deepEqual([...this.#reported.keys()].sort(), refs, "the replayed reports give what is listed");
    return rows;
  }
}

/** The presences that readers of a set see. Throws if its lists and counts disagree. */
export function visibleRows(set: PresenceSet): VisibleRow[] {
  const rows: VisibleRow[] = [];
  for (const topic of set.topics()) {
    const list = set.list(topic);
    const keys = new Set(list.map(([key]) => key));
    assert.equal(set.count(topic), list.length);
    assert.equal(set.keyCount(topic), keys.size);
    for (const key of keys) {
      const metas = set.getByKey(topic, key);
      const listed = list.filter(([listedKey]) => listedKey === key).map(([, meta]) => meta);
      assert.equal(set.count(topic, key), listed.length);
      assert(metas.length === listed.length && listed.every((meta) => metas.includes(meta)));
    }
    for (const [key, { phx_ref, phx_ref_prev, ...meta }] of list) {
      rows.push([topic, key, phx_ref, phx_ref_prev ?? "", JSON.stringify(meta)]);
    }
  }
  return rows.sort();
}

/** The rows of these presences of a model. */
export function rowsOf(model: ReplicaModel, presences: readonly ModelPresence[]): VisibleRow[] {
  const refOf = (dot: number) => (dot === 0 ? "" : `${model.replica}.${dot}`);
  return presences
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
