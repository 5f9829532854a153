/** One line of the table: what was measured, and the target. */
export interface Figure {
  readonly work: string;
  /** `×` is a ratio to a baseline that took turns with ours in the same run. */
  readonly unit: "/s" | "ms" | "µs" | "B" | "×";
  /** One per run. Sizes in bytes are exact, so they have one in all. */
  readonly samples: readonly number[];
  /** The goal on a quiet machine of the kind we develop on. */
  readonly target?: Bound;
  /** Its name in floors.json, under its subject. Only ratios, bytes and limits have one, because a time depends on the machine. */
  readonly floor?: string;
}

/** The limit of a figure. */
export type Bound = { readonly atMost: number } | { readonly atLeast: number };

export function atMost(limit: number): Bound {
  return { atMost: limit };
}

export function atLeast(limit: number): Bound {
  return { atLeast: limit };
}

/** Whether a value is within a bound. */
export function meets(value: number, bound: Bound): boolean {
  return "atMost" in bound ? value <= bound.atMost : value >= bound.atLeast;
}

/** The middle value; the mean of the two middle ones if their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The ratio of each run. Both lists hold one value per run. */
export function ratios(ours: readonly number[], baseline: readonly number[]): number[] {
  return ours.map((value, run) => value / baseline[run]!);
}
