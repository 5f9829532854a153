import type { Figure } from "./figure.ts";

/** How much to measure. */
export interface Effort {
  /** Runs that count, after one that warms up. */
  readonly runs: number;
  /** Sizes of state, rising, for what is measured at several. */
  readonly sizes: readonly number[];
  /** How long what goes on for long goes on, in minutes. */
  readonly minutes: number;
}

/** Measures one thing. Gets a process of its own. */
export type Subject = (effort: Effort) => Figure[] | Promise<Figure[]>;

/** Subjects by name. */
export type Suite = Readonly<Record<string, Subject>>;

/** What the process of one subject does: `node --expose-gc BUNDLE SUBJECT EFFORT` prints its figures as JSON. */
export async function runSubject(suite: Suite): Promise<void> {
  const [name, effort] = process.argv.slice(2) as [string, string];
  console.log(JSON.stringify(await suite[name]!(JSON.parse(effort) as Effort)));
}
