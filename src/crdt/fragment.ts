import type { Meta } from "../payload.ts";
import { Intervals } from "./intervals.ts";

/**
 * A live join or update, as fragments carry it.
 *
 * @example
 * const live: LiveDot = { dot: 1, owner: 1, topic: "lobby", key: "alice", content: {}, replaced: 0 };
 */
export interface LiveDot {
  /** Its event number. */
  readonly dot: number;
  /** The number of its owner, local to its replica. */
  readonly owner: number;
  /** The topic in which it is listed. */
  readonly topic: string;
  /** The key by which it is grouped. */
  readonly key: string;
  /** The meta as it was tracked, without refs. */
  readonly content: Meta;
  /** The dot that it replaced in an update, or 0. */
  readonly replaced: number;
}

/**
 * A leave and the dot that it ended. They always travel together.
 *
 * @example
 * const pair: LeavePair = { leave: 2, ended: 1 };
 */
export interface LeavePair {
  /** The event number of the leave. */
  readonly leave: number;
  /** The event number of the join or update that it ended. */
  readonly ended: number;
}

/**
 * A statement about a replica: "of these dots (`seen`), exactly these are live." A delta, a catch-up, a full state and
 * a part of one are all fragments. A fragment is leave-closed: if it has seen a leave, it has also seen the dot that the
 * leave ended.
 *
 * @example
 * const seen = Intervals.range(1, 2);
 * const fragment: Fragment = { replica: "tokyo", seen, live: [], leaves: [{ leave: 2, ended: 1 }] };
 */
export interface Fragment {
  /** The id of the replica whose dots these are. */
  readonly replica: string;
  /** The dots that it makes a statement about. */
  readonly seen: Intervals;
  /** The live dots among them, in rising order. */
  readonly live: readonly LiveDot[];
  /** The leaves among them whose pair the sender still knows, so that the receiver can pass them on. */
  readonly leaves: readonly LeavePair[];
}

/**
 * The smallest piece of a replica's history that may travel alone: a join; a leave; or the join of an update, together
 * with the leave of every earlier dot of that presence that a peer may know. The parts of an update travel together so
 * that no reader sees the presence disappear in between.
 *
 * @example
 * const operation: Operation = { leaves: [{ leave: 2, ended: 1 }] };
 */
export interface Operation {
  /** The join, or the join of an update. */
  readonly live?: LiveDot;
  /** The leaves. */
  readonly leaves: readonly LeavePair[];
}

/**
 * One fragment that states what these operations of one replica state. Pass them in the order in which they were taken.
 *
 * @example
 * const delta = fragmentOf("tokyo", set.takeOperations());
 */
export function fragmentOf(replica: string, operations: readonly Operation[]): Fragment {
  const compacted = compactOperations(operations);
  const live = compacted
    .flatMap((operation) => operation.live ?? [])
    .sort((one, other) => one.dot - other.dot);
  const leaves = compacted
    .flatMap((operation) => operation.leaves)
    .sort((one, other) => one.leave - other.leave);
  return { replica, seen: Intervals.of(dotsOf(live, leaves)), live, leaves };
}

/**
 * The same operations without the live dots that a later one of them ends. The operations of one take contain such a dot
 * only for the last update of a presence that has ended. If an update ends the dot of an earlier update, it also takes over its leaves, so
 * that these travel with the live dot.
 */
export function compactOperations(operations: readonly Operation[]): Operation[] {
  const compacted: Operation[] = [];
  const indexByDot = new Map<number, number>();
  for (const { live, leaves } of operations) {
    const inherited: LeavePair[] = [];
    for (const { ended } of leaves) {
      const index = indexByDot.get(ended);
      if (index === undefined) continue;
      const earlier = compacted[index]!.leaves;
      if (live !== undefined) inherited.push(...earlier);
      compacted[index] = { leaves: live === undefined ? earlier : [] };
    }
    if (live !== undefined) indexByDot.set(live.dot, compacted.length);
    const all = inherited.length === 0 ? leaves : [...inherited, ...leaves];
    compacted.push(live === undefined ? { leaves: all } : { live, leaves: all });
  }
  return compacted.filter(({ live, leaves }) => live !== undefined || leaves.length > 0);
}

/**
 * Splits operations into those to send first, and the leaves of presences that were updated among them, to send after that.
 * A peer that knew such a presence sees its last meta before it leaves. In one fragment the leave would hide the update, and so
 * would a new join of the same presence.
 */
export function separateLastLeaves(
  operations: readonly Operation[],
): [first: Operation[], then: Operation[]] {
  const updates = new Map<number, LiveDot>();
  const ended = new Set<string>();
  const first: Operation[] = [];
  const then: Operation[] = [];
  for (const operation of operations) {
    const { live, leaves } = operation;
    if (live === undefined) {
      const updated = leaves.flatMap((pair) => updates.get(pair.ended) ?? []);
      for (const each of updated) ended.add(presenceOf(each));
      (updated.length > 0 ? then : first).push(operation);
    } else {
      (ended.size > 0 && ended.has(presenceOf(live)) ? then : first).push(operation);
      if (leaves.length > 0) updates.set(live.dot, live);
    }
  }
  return [first, then];
}

function presenceOf({ owner, topic, key }: LiveDot): string {
  return JSON.stringify([owner, topic, key]);
}

/** Every dot that these live dots and leaves name. */
export function dotsOf(live: readonly LiveDot[], leaves: readonly LeavePair[]): number[] {
  const dots = live.map((entry) => entry.dot);
  for (const { leave, ended } of leaves) dots.push(leave, ended);
  return dots;
}
