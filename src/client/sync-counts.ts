import { checkDiff } from "./check-kind.ts";
import { memberOf, setMember } from "./json-copy.ts";

/**
 * The counts that the projection `countOnly` sends: a number for each key, without any presences.
 *
 * @example
 * const counts: CountState<"viewers" | "users"> = { viewers: { count: 12 }, users: { count: 3 } };
 */
export type CountState<K extends string = string> = { readonly [key in K]: { readonly count: number } };

/**
 * How many presences joined and left.
 *
 * @example
 * const diff: CountDiff<"viewers"> = { joins: { viewers: { count: 1 } }, leaves: { viewers: { count: 0 } } };
 */
export interface CountDiff<K extends string = string> {
  readonly joins: CountState<K>;
  readonly leaves: CountState<K>;
}

/**
 * Returns the counts after a diff, with joins added and leaves subtracted. It does not modify its inputs, and
 * unchanged counts are the same objects as before. Without counts it returns `undefined`: the later state contains
 * the diff.
 *
 * A count never falls below zero. If a diff would make it do so, the client missed a message: `onBelowZero` is
 * called with those keys, so that you can request a new state from the server.
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
  const belowZero: K[] = [];
  for (const key of Object.keys({ ...joins, ...leaves }) as K[]) {
    const current = countOf(counts, key);
    const count = current + countOf(joins, key) - countOf(leaves, key);
    if (count < 0) belowZero.push(key);
    if (count === current) continue;
    if (next === counts) next = { ...counts };
    setMember(next, key, { count: Math.max(count, 0) });
  }
  if (belowZero.length) onBelowZero?.(belowZero);
  return next;
}

function countOf<K extends string>(counts: CountState<K>, key: K): number {
  return memberOf<CountState[string]>(counts, key)?.count ?? 0;
}
