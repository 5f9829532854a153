import type { BenchReport, ReportLine } from "./bench-report.ts";
import { boundText, rounded } from "./number-text.ts";

const HEADINGS = ["work", "median", "min – max", "target", "reached"];

/** The report as text: a header, then one table per suite. */
export function reportText({ machine, node, v8, date, command, suites }: BenchReport): string {
  const header = `${machine.cpu}, ${machine.cores} cores · Node ${node}, V8 ${v8} · ${date}\n${command}`;
  const tables = Object.entries(suites).map(([name, lines]) => `${name}\n\n${tableOf(lines)}`);
  return [header, ...tables].join("\n\n");
}

function tableOf(lines: readonly ReportLine[]): string {
  const rows = [HEADINGS, ...lines.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => align(cell, column, widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function align(cell: string, column: number, width: number): string {
  const isNumber = column === 1 || column === 3;
  return isNumber ? cell.padStart(width) : cell.padEnd(width);
}

function cellsOf(line: ReportLine): string[] {
  const { work, unit, samples, min, max, target, reached } = line;
  return [
    work,
    `${rounded(line.median)} ${unit}`,
    samples.length > 1 ? `${rounded(min)} – ${rounded(max)}` : "",
    target === undefined ? "" : boundText(target, unit),
    reached === undefined ? "" : reached ? "yes" : "no",
  ];
}
