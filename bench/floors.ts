import { readFileSync } from "node:fs";
import type { BenchReport, ReportLine } from "./bench-report.ts";
import { type Bound, meets } from "./figure.ts";
import { boundText, rounded } from "./number-text.ts";
import type { Suite } from "./subject.ts";

/** A ratio or a size that was reached, and the factor by which a busy or different machine may miss it. */
export type Floor = Bound & { readonly margin: number };

/** Floors by suite, subject and figure. */
export type Floors = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Floor>>>>>>;

export function readFloors(): Floors {
  return JSON.parse(readFileSync(new URL("floors.json", import.meta.url), "utf8")) as Floors;
}

/**
 * One line for each floor that was missed or not measured, and for each name that only floors.json or only the code has. A
 * subject without any figure is left out: it has printed the reason itself.
 */
export function shortfalls(
  { suites }: BenchReport,
  floors: Floors,
  known: Readonly<Record<string, Suite>>,
): string[] {
  return Object.entries(suites).flatMap(([suite, lines]) => {
    const unknownSubjects = Object.keys(floors[suite] ?? {})
      .filter((subject) => known[suite]![subject] === undefined)
      .map((subject) => `${suite}, ${subject}: floors.json names a subject that does not exist`);
    const subjects = new Set(lines.map(({ subject }) => subject));
    const missed = [...subjects].flatMap((subject) => {
      const measured = lines.filter((line) => line.subject === subject && line.floor !== undefined);
      return shortfallsOf(`${suite}, ${subject}`, measured, floors[suite]?.[subject] ?? {});
    });
    return [...unknownSubjects, ...missed];
  });
}

function shortfallsOf(
  where: string,
  lines: readonly ReportLine[],
  floors: Readonly<Record<string, Floor>>,
): string[] {
  const byName = new Map(lines.map((line) => [line.floor!, line]));
  const unknown = [...byName.keys()]
    .filter((name) => floors[name] === undefined)
    .map((name) => `${where}: floors.json has no floor ${JSON.stringify(name)}`);
  const missed = Object.entries(floors).flatMap(([name, floor]) => {
    const line = byName.get(name);
    if (line === undefined) return `${where}: no figure is named ${JSON.stringify(name)}`;
    const bound = withMargin(floor);
    if (meets(line.median, bound)) return [];
    return `${where}, ${name}: ${rounded(line.median)} ${line.unit}; expected ${boundText(bound, line.unit)}`;
  });
  return [...unknown, ...missed];
}

function withMargin(floor: Floor): Bound {
  return "atMost" in floor
    ? { atMost: floor.atMost * floor.margin }
    : { atLeast: floor.atLeast / floor.margin };
}
