import { type Fragment, fragmentOf, type Operation } from "../../crdt/fragment.ts";
import type { PlayedHistory } from "./play-history.ts";

/** Returns a copy in the order that the numbers decide. */
export function shuffle<Item>(items: readonly Item[], numbers: readonly number[]): Item[] {
  return items
    .map((item, index) => ({
      item,
      number: numbers[index % numbers.length]! + Math.floor(index / numbers.length),
    }))
    .sort((one, other) => one.number - other.number)
    .map(({ item }) => item);
}

/**
 * Splits all that was sent into fragments of about `size` operations, which may be far apart in time. The numbers decide which
 * operation goes where. A fragment that has seen a leave has also seen the join that the leave ends.
 */
export function splitIntoFragments(history: PlayedHistory, numbers: readonly number[], size = 4): Fragment[] {
  const fragments: Fragment[] = [];
  for (const replica of history.sets.keys()) {
    const operations = history.deltas
      .filter((delta) => delta.replica === replica)
      .flatMap((delta) => delta.operations);
    const groups = new Map<number, Operation[]>();
    for (const [index, operation] of operations.entries()) {
      const group = numbers[index % numbers.length]! % Math.ceil(operations.length / size);
      groups.set(group, [...(groups.get(group) ?? []), operation]);
    }
    for (const group of groups.values()) fragments.push(fragmentOf(replica, group));
  }
  return fragments;
}
