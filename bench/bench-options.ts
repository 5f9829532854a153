import { parseArgs } from "node:util";
import type { Effort } from "./subject.ts";

/** What the command line asked for. */
export interface BenchOptions {
  readonly suites: readonly string[];
  readonly effort: Effort;
  /** One JSON document for machines, in place of a table for people. */
  readonly json: boolean;
  /** Exit with 1 when a figure falls short of its floor. */
  readonly check: boolean;
}

const THOROUGH: Effort = { runs: 5, sizes: [10_000, 100_000, 1_000_000], minutes: 10 };
const QUICK: Effort = { runs: 3, sizes: [10_000, 100_000], minutes: 1 };

/** Throws, in a sentence, for what it does not understand. */
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
  if (unknown !== undefined) throw new RangeError(`There is no suite ${JSON.stringify(unknown)}.`);
  const { quick, json, check } = values;
  if (positionals.length === 0 && !check) throw new RangeError("Name a suite.");
  const { runs, sizes, minutes } = quick ? QUICK : THOROUGH;
  const effort = {
    runs: values.runs === undefined ? runs : countOf("--runs", values.runs),
    sizes: values.sizes === undefined ? sizes : sizesOf(values.sizes),
    minutes: values.minutes === undefined ? minutes : countOf("--minutes", values.minutes),
  };
  return { suites: positionals.length === 0 ? known : positionals, effort, json, check };
}

function sizesOf(text: string): number[] {
  return text
    .split(",")
    .map((size) => countOf("--sizes", size))
    .sort((one, other) => one - other);
}

function countOf(option: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new RangeError(`${option} was given ${JSON.stringify(text)}; it takes a whole number of at least 1.`);
}
