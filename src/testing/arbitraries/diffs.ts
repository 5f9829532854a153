import fc from "fast-check";
import type { Change } from "../../crdt/change.ts";
import { PresenceSet } from "../../crdt/presence-set.ts";
import type { Diff, Meta, PresenceMeta, State } from "../../payload.ts";
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
  /** What the listener is given. */
  readonly diff: Diff<M>;
  /** And this: somebody's joins and leaves, or a whole replica that came or went. */
  readonly cause: "remote" | "replica";
  /** What the tracker lists afterwards: every topic with somebody in it. */
  readonly states: ReadonlyMap<string, State<M>>;
}

/**
 * The `diff` events of a tracker from its start, with what it lists after each: for listeners that keep something of their own by
 * them. There are updates, people with several devices, messages that come late, twice or never, and nodes that go down
 * and come back. Replaying the diffs gives the states.
 *
 * @example
 * fc.assert(fc.property(diffs(), (steps) => {
 *   let seen = nothing;
 *   for (const { diff, states } of steps) {
 *     seen = reduce(seen, diff);
 *     assert.equal(seen.people, people(states));
 *   }
 * }));
 */
export function diffs<M extends Meta = Meta>(
  options: HistoryOptions & { readonly meta?: fc.Arbitrary<M> } = {},
): fc.Arbitrary<readonly DiffStep<M>[]> {
  const { length = DEFAULT_LENGTH } = options;
  return fc.tuple(new FaultChoices(length), deliveries(options)).map(([fates, { story, fragments }]) => {
    const observer = new PresenceSet({ replica: "observer" });
    const steps: DiffStep<M>[] = [];
    const report = (change: Change, cause: DiffStep["cause"]) => {
      if (change.joins.length + change.leaves.length === 0) return;
      steps.push({ diff: diffOf<M>(change), cause, states: statesOf<M>(observer) });
    };
    for (const replica of REPLICAS) observer.show(replica);
    for (const [at, fragment] of fragments.entries()) {
      report(observer.merge(fragment), "remote");
      const fate = fates[at % fates.length]! % 12;
      const replica = REPLICAS[fate % REPLICAS.length]!;
      if (fate >= 8)
        report(observer.isShown(replica) ? observer.hide(replica) : observer.show(replica), "replica");
    }
    // In the end everybody is heard again, and what was missed is made up for.
    for (const [replica, set] of story.sets) {
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
  const state: State<M> = Object.create(null);
  for (const [key, meta] of list) {
    const held = state[key];
    if (held === undefined) state[key] = { metas: [meta as PresenceMeta<M>] };
    else held.metas.push(meta as PresenceMeta<M>);
  }
  return state;
}
