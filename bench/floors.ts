import { readFileSync } from "node:fs";
import type { BenchReport, ReportLine } from "./bench-report.ts";
import { type Bound, meets } from "./figure.ts";
import { boundText, rounded } from "./number-text.ts";
import type { Suite } from "./subject.ts";

/** A ratio or a size that we have reached, and the factor by which a busy machine, or another one, may fall short of it. */
export type Floor = Bound & { readonly margin: number };

/** By suite, subject and the name that a figure has there. */
export type Floors = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Floor>>>>>>;

export function readFloors(): Floors {
  return JSON.parse(readFileSync(new URL("floors.json", import.meta.url), "utf8")) as Floors;
}

/**
 * A line for each floor that a run fell short of, or did not measure; a subject that measured nothing has said why. And
 * one for whatever only the file or only the code knows of.
 */
export function shortfalls(
  { suites }: BenchReport,
  floors: Floors,
  known: Readonly<Record<string, Suite>>,
): string[] {
  return Object.entries(suites).flatMap(([suite, lines]) => {
    const strangers = Object.keys(floors[suite] ?? {})
      .filter((subject) => known[suite]![subject] === undefined)
      .map((subject) => `${suite}, ${subject}: floors.json has it, and there is no such subject`);
    const subjects = new Set(lines.map(({ subject }) => subject));
    const short = [...subjects].flatMap((subject) => {
      const measured = lines.filter((line) => line.subject === subject && line.floor !== undefined);
      return shortOf(`${suite}, ${subject}`, measured, floors[suite]?.[subject] ?? {});
    });
    return [...strangers, ...short];
  });
}

function shortOf(
  where: string,
  lines: readonly ReportLine[],
  floors: Readonly<Record<string, Floor>>,
): string[] {
  const byName = new Map(lines.map((line) => [line.floor!, line]));
  const unknown = [...byName.keys()]
    .filter((name) => floors[name] === undefined)
    .map((name) => `${where}: floors.json has no ${JSON.stringify(name)}`);
  const short = Object.entries(floors).flatMap(([name, floor]) => {
    const line = byName.get(name);
    if (line === undefined) return `${where}: nothing measured ${JSON.stringify(name)}`;
    const bound = withMargin(floor);
    if (meets(line.median, bound)) return [];
    return `${where}, ${name}: ${rounded(line.median)} ${line.unit}; it must be ${boundText(bound, line.unit)}`;
  });
  return [...unknown, ...short];
}

function withMargin(floor: Floor): Bound {
  return "atMost" in floor
    ? { atMost: floor.atMost * floor.margin }
    : { atLeast: floor.atLeast / floor.margin };
}
