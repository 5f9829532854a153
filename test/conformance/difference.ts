/** Something that is not as it should be, and where in its trace. */
export interface Difference {
  /** Which check was being made. */
  readonly check: string;
  /** As in `step 12 (merge at b)`. */
  readonly at: string;
  readonly what: string;
}

/** How our list differs from the expected one, whatever the order of either: one text, or none. */
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

/** What is left of a list when each of `others` has taken away one line equal to it. */
function without(list: readonly string[], others: readonly string[]): string[] {
  const taken = new Map<string, number>();
  for (const line of others) taken.set(line, (taken.get(line) ?? 0) + 1);
  return list.filter((line) => {
    const count = taken.get(line) ?? 0;
    taken.set(line, count - 1);
    return count <= 0;
  });
}
