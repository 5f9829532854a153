/** One line of the table: what was measured, and what we want it to be. */
export interface Figure {
  readonly work: string;
  /** `×` is a ratio to a peer that was measured in the same process, in turn. */
  readonly unit: "/s" | "ms" | "µs" | "B" | "×";
  /** One a run. Sizes are exact: they have one. */
  readonly samples: readonly number[];
  /** What we aim at, on a quiet machine of the kind we develop on. */
  readonly target?: Bound;
  /** What floors.json calls it, of its subject. For ratios and bytes only: a time says more about the machine than about us. */
  readonly floor?: string;
}

/** Where a figure may lie. */
export type Bound = { readonly atMost: number } | { readonly atLeast: number };

export function atMost(limit: number): Bound {
  return { atMost: limit };
}

export function atLeast(limit: number): Bound {
  return { atLeast: limit };
}

/** Whether a value lies where it may. */
export function meets(value: number, bound: Bound): boolean {
  return "atMost" in bound ? value <= bound.atMost : value >= bound.atLeast;
}

/** The one in the middle; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Run by run, as both were measured in turn. */
export function ratios(ours: readonly number[], peers: readonly number[]): number[] {
  return ours.map((value, run) => value / peers[run]!);
}
