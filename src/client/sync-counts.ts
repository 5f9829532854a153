import { checkDiff } from "./check-kind.ts";

/**
 * What a count-only projection gives: a number for each key, and nothing about who.
 *
 * @example
 * const counts: Counts<"viewers" | "users"> = { viewers: { count: 12 }, users: { count: 3 } };
 */
export type CountState<K extends string = string> = { readonly [key in K]: { readonly count: number } };

/**
 * How many joined and how many left.
 *
 * @example
 * const diff: CountsDiff<"viewers"> = { joins: { viewers: { count: 1 } }, leaves: { viewers: { count: 0 } } };
 */
export interface CountDiff<K extends string = string> {
  readonly joins: CountState<K>;
  readonly leaves: CountState<K>;
}

/**
 * The counts after a diff: joins are added, leaves subtracted. Without a state there are no counts, and the diff is dropped: no refs
 * tell what the state will contain. A count is never below zero: one that would be means that a message was missed, and
 * `onBelowZero` hears which keys, to ask the server for a new state. Inputs stay as they are; what did not change is the same object.
 *
 * @example
 * counts = syncCounts(counts, diff, () => socket.send("state, please"));
 */
export function syncCounts<K extends string>(
  counts: CountState<K>,
  diff: CountDiff<K>,
  onBelowZero?: (keys: K[]) => void,
): CountState<K>;
export function syncCounts<K extends string>(
  counts: CountState<K> | undefined,
  diff: CountDiff<K>,
  onBelowZero?: (keys: K[]) => void,
): CountState<K> | undefined;
export function syncCounts<K extends string>(
  counts: CountState<K> | undefined,
  diff: CountDiff<K>,
  onBelowZero?: (keys: K[]) => void,
): CountState<K> | undefined {
  checkDiff(diff);
  if (!counts) return counts;
  const { joins, leaves } = diff;
  let next = counts;
  const below: K[] = [];
  for (const key of Object.keys({ ...joins, ...leaves }) as K[]) {
    const current = countOf(counts, key);
    const count = current + countOf(joins, key) - countOf(leaves, key);
    if (count < 0) below.push(key);
    if (count === current) continue;
    if (next === counts) next = Object.assign(Object.create(null), counts);
    (next as Record<K, { count: number }>)[key] = { count: Math.max(count, 0) };
  }
  if (below.length) onBelowZero?.(below);
  return next;
}

function countOf<K extends string>(counts: CountState<K>, key: K): number {
  return Object.hasOwn(counts, key) ? counts[key].count : 0;
}
