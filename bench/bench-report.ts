import { availableParallelism, cpus } from "node:os";
import { median, meets } from "./figure.ts";
import type { MeasuredFigure } from "./measure-suite.ts";

/** The result of `npm run bench`, as `--json` prints it. */
export interface BenchReport {
  readonly machine: { readonly cpu: string; readonly cores: number };
  readonly node: string;
  readonly v8: string;
  readonly date: string;
  readonly command: string;
  readonly suites: Readonly<Record<string, readonly ReportLine[]>>;
}

/** A figure with its median, and whether that reached the target. */
export interface ReportLine extends MeasuredFigure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Undefined without a target. */
  readonly reached: boolean | undefined;
}

export function reportOn(
  args: readonly string[],
  figures: Readonly<Record<string, readonly MeasuredFigure[]>>,
): BenchReport {
  const { node, v8 } = process.versions;
  return {
    machine: { cpu: cpus()[0]?.model ?? "unknown", cores: availableParallelism() },
    node,
    v8,
    date: new Date().toISOString().slice(0, 10),
    command: ["npm run bench --", ...args].join(" "),
    suites: Object.fromEntries(Object.entries(figures).map(([suite, all]) => [suite, all.map(lineOf)])),
  };
}

function lineOf(figure: MeasuredFigure): ReportLine {
  const middle = median(figure.samples);
  return {
    ...figure,
    median: middle,
    min: Math.min(...figure.samples),
    max: Math.max(...figure.samples),
    reached: figure.target && meets(middle, figure.target),
  };
}
