import type { Meta } from "../payload.ts";
import { Intervals } from "./intervals.ts";

/** A join or update that stands, as fragments carry it. */
export interface LiveDot {
  /** Its event number. */
  readonly dot: number;
  /** The number of its owner, local to its replica. */
  readonly owner: number;
  readonly topic: string;
  readonly key: string;
  /** The meta as it was tracked, without refs. */
  readonly content: Meta;
  /** The dot that this one replaced in an update, or 0. */
  readonly replaced: number;
}

/** A leave: the event number it took, and the one it ended. They always travel together. */
export interface LeavePair {
  readonly leave: number;
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
  readonly replica: string;
  readonly seen: Intervals;
  /** A subset of `seen`, by rising dot. */
  readonly live: readonly LiveDot[];
  /** Those of the leaves in `seen` whose pair the sender still knows: the receiver can pass them on. */
  readonly leaves: readonly LeavePair[];
}

/**
 * The smallest piece of a replica's history that may travel alone: a join, a leave, or an update's leave with the
 * join that takes its place, so that no reader sees the key absent in between.
 */
export interface Step {
  readonly live?: LiveDot;
  readonly leave?: LeavePair;
}

/**
 * The fragment that says what these steps of one replica say. They may be of several takes: what one of them
 * brings and a later one ends is not live.
 *
 * @example
 * const delta = fragmentOf("tokyo", set.takeSteps());
 */
export function fragmentOf(replica: string, steps: readonly Step[]): Fragment {
  const standing = withoutEnded(steps);
  const live = standing.flatMap((step) => step.live ?? []).sort((one, other) => one.dot - other.dot);
  const leaves = standing.flatMap((step) => step.leave ?? []).sort((one, other) => one.leave - other.leave);
  return { replica, seen: Intervals.of(dotsOf(live, leaves)), live, leaves };
}

/** The same steps, without the live dots that others of them end. */
export function withoutEnded(steps: readonly Step[]): readonly Step[] {
  const ended = new Set(steps.map((step) => step.leave?.dead));
  if (!steps.some(({ live }) => live !== undefined && ended.has(live.dot))) return steps;
  return steps.map((step) => {
    const { live, ...leave } = step;
    return live === undefined || !ended.has(live.dot) ? step : leave;
  });
}

/** Every dot that is named one by one. */
export function dotsOf(live: readonly LiveDot[], leaves: readonly LeavePair[]): number[] {
  const dots = live.map((entry) => entry.dot);
  for (const { leave, dead } of leaves) dots.push(leave, dead);
  return dots;
}
