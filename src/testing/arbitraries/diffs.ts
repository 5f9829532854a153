import fc from "fast-check";
import type { Change } from "../../crdt/change.ts";
import { PresenceSet } from "../../crdt/presence-set.ts";
import type { Diff, Meta, MutableState, PresenceMeta, State } from "../../payload.ts";
import { diffOf } from "../../tracker/events/diff.ts";
import { deliveries } from "./deliveries.ts";
import { FaultChoices } from "./fault-choices.ts";
import { DEFAULT_LENGTH, type HistoryOptions, REPLICAS } from "./histories.ts";

/**
 * One `diff` event of a tracker.
 *
 * @example
 * const { diff, cause, states }: DiffStep = step;
 */
export interface DiffStep<M extends Meta = Meta> {
  /** The first argument of the listener. */
  readonly diff: Diff<M>;
  /** The second argument of the listener: another node's joins and leaves, or a replica that came up or went down. */
  readonly cause: "remote" | "replica";
  /** What the tracker lists after the event, for every topic that is not empty. */
  readonly states: ReadonlyMap<string, State<M>>;
}

/**
 * The `diff` events of a tracker from its start, with what it lists after each, for property tests of your own listeners. The
 * events include updates, keys with several presences, messages that arrive late, twice or never, and nodes that go down
 * and come back. Replaying the diffs gives the states.
 *
 * @example
 * fc.assert(fc.property(diffs(), (steps) => {
 *   const roster = new Roster(); // yours
 *   for (const { diff, states } of steps) {
 *     roster.apply(diff);
 *     assert.deepEqual(roster.topics(), [...states.keys()].sort());
 *   }
 * }));
 */
export function diffs<M extends Meta = Meta>(
  options: HistoryOptions & { readonly meta?: fc.Arbitrary<M> } = {},
): fc.Arbitrary<readonly DiffStep<M>[]> {
  const { length = DEFAULT_LENGTH } = options;
  return fc.tuple(new FaultChoices(length), deliveries(options)).map(([faults, { history, fragments }]) => {
    const observer = new PresenceSet({ replica: "observer" });
    const steps: DiffStep<M>[] = [];
    const report = (change: Change, cause: DiffStep["cause"]) => {
      if (change.joins.length + change.leaves.length === 0) return;
      steps.push({ diff: diffOf<M>(change), cause, states: statesOf<M>(observer) });
    };
    for (const replica of REPLICAS) observer.show(replica);
    for (const [index, fragment] of fragments.entries()) {
      report(observer.merge(fragment), "remote");
      const fault = faults[index % faults.length]! % 12;
      const replica = REPLICAS[fault % REPLICAS.length]!;
      if (fault >= 8)
        report(observer.isShown(replica) ? observer.hide(replica) : observer.show(replica), "replica");
    }
    // At the end every replica is up again, and the observer catches up.
    for (const [replica, set] of history.sets) {
      report(observer.show(replica), "replica");
      report(observer.merge(set.catchUp(replica, observer.seenOf(replica))!), "replica");
    }
    return steps;
  });
}

function statesOf<M extends Meta>(set: PresenceSet): Map<string, State<M>> {
  return new Map(set.topics().map((topic) => [topic, stateOf<M>(set.list(topic))]));
}

function stateOf<M extends Meta>(list: readonly [string, PresenceMeta][]): State<M> {
  const state: MutableState<M> = Object.create(null);
  for (const [key, meta] of list) {
    const entry = state[key];
    if (entry === undefined) state[key] = { metas: [meta as PresenceMeta<M>] };
    else entry.metas.push(meta as PresenceMeta<M>);
  }
  return state;
}
