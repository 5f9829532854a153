import type { Meta } from "../payload.ts";
import { Intervals } from "./intervals.ts";

/**
 * A join or update that stands, as fragments carry it.
 *
 * @example
 * const live: LiveDot = { dot: 1, owner: 1, topic: "lobby", key: "alice", content: {}, replaced: 0 };
 */
export interface LiveDot {
  /** Its event number. */
  readonly dot: number;
  /** The number of its owner, local to its replica. */
  readonly owner: number;
  /** Where it is listed. */
  readonly topic: string;
  /** What it is grouped by. */
  readonly key: string;
  /** The meta as it was tracked, without refs. */
  readonly content: Meta;
  /** The dot that this one replaced in an update, or 0. */
  readonly replaced: number;
}

/**
 * A leave, and what it ended. They always travel together.
 *
 * @example
 * const pair: LeavePair = { leave: 2, dead: 1 };
 */
export interface LeavePair {
  /** The event number that the leave took. */
  readonly leave: number;
  /** The event number of the join or update that it ended. */
  readonly dead: number;
}

/**
 * "Of these dots of `replica` (`seen`), exactly these are live." A delta, a catch-up, a full state and a part
 * of one are all fragments. It is leave-closed: whatever leave it has seen, it has seen the dot that it ended.
 *
 * @example
 * const fragment: Fragment = { replica: "tokyo", seen: Intervals.range(1, 2), live: [], leaves: [{ leave: 2, dead: 1 }] };
 */
export interface Fragment {
  /** The id of the replica whose events these are. */
  readonly replica: string;
  /** The events that it speaks of. */
  readonly seen: Intervals;
  /** A subset of `seen`, by rising dot. */
  readonly live: readonly LiveDot[];
  /** Those of the leaves in `seen` whose pair the sender still knows: the receiver can pass them on. */
  readonly leaves: readonly LeavePair[];
}

/**
 * The smallest piece of a replica's history that may travel alone: a join; a leave; or an update's join with each leave
 * of an earlier dot of the same presence that others may know, so that no reader sees the key absent in between.
 *
 * @example
 * const step: Step = { leaves: [{ leave: 2, dead: 1 }] };
 */
export interface Operation {
  /** The join or update that stands. */
  readonly live?: LiveDot;
  /** What was ended. */
  readonly leaves: readonly LeavePair[];
}

/**
 * The fragment that says what these steps of one replica say, given in the order in which they were taken.
 *
 * @example
 * const delta = fragmentOf("tokyo", set.takeSteps());
 */
export function fragmentOf(replica: string, steps: readonly Operation[]): Fragment {
  const settled = compactOperations(steps);
  const live = settled.flatMap((step) => step.live ?? []).sort((one, other) => one.dot - other.dot);
  const leaves = settled.flatMap((step) => step.leaves).sort((one, other) => one.leave - other.leave);
  return { replica, seen: Intervals.of(dotsOf(live, leaves)), live, leaves };
}

/**
 * The same steps where they are of several takes, and what an earlier one brings a later one ends: the earlier no longer
 * calls it live, and where it was an update, its leaves travel with the join that stands now.
 */
export function compactOperations(steps: readonly Operation[]): Operation[] {
  const settled: Operation[] = [];
  const placeOf = new Map<number, number>();
  for (const { live, leaves } of steps) {
    const inherited: LeavePair[] = [];
    for (const { dead } of leaves) {
      const place = placeOf.get(dead);
      if (place === undefined) continue;
      const earlier = settled[place]!.leaves;
      if (live !== undefined) inherited.push(...earlier);
      settled[place] = { leaves: live === undefined ? earlier : [] };
    }
    if (live !== undefined) placeOf.set(live.dot, settled.length);
    const all = inherited.length === 0 ? leaves : [...inherited, ...leaves];
    settled.push(live === undefined ? { leaves: all } : { live, leaves: all });
  }
  return settled.filter(({ live, leaves }) => live !== undefined || leaves.length > 0);
}

/** Every dot that is named one by one. */
export function dotsOf(live: readonly LiveDot[], leaves: readonly LeavePair[]): number[] {
  const dots = live.map((entry) => entry.dot);
  for (const { leave, dead } of leaves) dots.push(leave, dead);
  return dots;
}
