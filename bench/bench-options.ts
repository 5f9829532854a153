import { parseArgs } from "node:util";
import type { Effort } from "./subject.ts";

/** The options of `npm run bench`. */
export interface BenchOptions {
  readonly suites: readonly string[];
  readonly effort: Effort;
  /** Print one JSON document instead of a table. */
  readonly json: boolean;
  /** Exit with 1 when a figure misses its floor. */
  readonly check: boolean;
}

const THOROUGH: Effort = { runs: 5, sizes: [10_000, 100_000, 1_000_000], minutes: 10 };
const QUICK: Effort = { runs: 3, sizes: [10_000, 100_000], minutes: 1 };

/** @throws {Error} whose message says what is wrong with the arguments. */
export function readBenchOptions(args: readonly string[], known: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      runs: { type: "string" },
      sizes: { type: "string" },
      minutes: { type: "string" },
    },
  });
  const unknown = positionals.find((suite) => !known.includes(suite));
  if (unknown !== undefined) {
    throw new RangeError(`There is no suite ${JSON.stringify(unknown)}. Choose from ${known.join(", ")}.`);
  }
  const { quick, json, check } = values;
  if (positionals.length === 0 && !check)
    throw new RangeError("Name a suite, or use --check to measure all of them.");
  const { runs, sizes, minutes } = quick ? QUICK : THOROUGH;
  const effort = {
    runs: values.runs === undefined ? runs : readCount("--runs", values.runs),
    sizes: values.sizes === undefined ? sizes : readSizes(values.sizes),
    minutes: values.minutes === undefined ? minutes : readCount("--minutes", values.minutes),
  };
  return { suites: positionals.length === 0 ? known : positionals, effort, json, check };
}

function readSizes(text: string): number[] {
  return text
    .split(",")
    .map((size) => readCount("--sizes", size))
    .sort((one, other) => one - other);
}

function readCount(option: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new RangeError(`${option} takes whole numbers of at least 1, but got ${JSON.stringify(text)}.`);
}
