import type { Figure } from "./figure.ts";

/** How much to measure. */
export interface Effort {
  /** Counted runs, after one warm-up run. */
  readonly runs: number;
  /** Sizes of the state, ascending, for subjects that measure several. */
  readonly sizes: readonly number[];
  /** How long the churn lasts. */
  readonly minutes: number;
}

/** Measures one thing, in a process of its own. */
export type Subject = (effort: Effort) => Figure[] | Promise<Figure[]>;

/** Subjects by name. */
export type Suite = Readonly<Record<string, Subject>>;

/** The main function of a subject's process: `node --expose-gc BUNDLE SUBJECT EFFORT` prints its figures as JSON. */
export async function runSubject(suite: Suite): Promise<void> {
  const [name, effort] = process.argv.slice(2) as [string, string];
  console.log(JSON.stringify(await suite[name]!(JSON.parse(effort) as Effort)));
}
