/** One point in which our result is not the expected one. */
export interface Difference {
  /** The check that failed. */
  readonly check: string;
  /** The place in the trace, as in `step 12 (merge at b)`. */
  readonly at: string;
  readonly what: string;
}

/** One text that lists the differences of two lists, or no text if the lists are equal. The order is ignored. */
export function listDifference(what: string, expected: readonly string[], ours: readonly string[]): string[] {
  const missing = without(expected, ours);
  const unexpected = without(ours, expected);
  if (missing.length === 0 && unexpected.length === 0) return [];
  const lines = [
    ...missing.map((line) => `\n    only expected: ${line}`),
    ...unexpected.map((line) => `\n    only ours:     ${line}`),
  ];
  return [`${what}${lines.join("")}`];
}

/** Removes from a list one equal line for each of `others`. */
function without(list: readonly string[], others: readonly string[]): string[] {
  const removable = new Map<string, number>();
  for (const line of others) removable.set(line, (removable.get(line) ?? 0) + 1);
  return list.filter((line) => {
    const count = removable.get(line) ?? 0;
    removable.set(line, count - 1);
    return count <= 0;
  });
}
