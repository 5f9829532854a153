import { ConformanceReport } from "../conformance-report.ts";
import { bundledTraceLines } from "../trace-file.ts";

/** The parts of a state trace that tests corrupt. */
export interface RawStateTrace {
  readonly name: string;
  readonly check: readonly string[];
  readonly steps: readonly RawStateStep[];
}

export interface RawStateStep {
  readonly op: string;
  readonly replica: string;
  readonly expect?: RawExpectation;
  readonly [name: string]: unknown;
}

export interface RawExpectation {
  readonly tag: [replica: string, clock: number];
  readonly joins: RawEntry[];
  readonly leaves: RawEntry[];
  readonly replaced: RawEntry[];
  readonly online: RawEntry[];
  readonly by_topic: { [topic: string]: [key: string, meta: object][] };
}

export interface RawEntry {
  topic: string;
  pid: string;
  key: string;
  meta: object;
  readonly tag: [replica: string, clock: number];
}

const lines = bundledTraceLines("state");

/** Fresh copies of the bundled state traces that have this check. Each is parsed when its turn comes. */
export function* tracesToCorrupt(check: "exact" | "converge"): Generator<RawStateTrace> {
  for (const line of lines) {
    const trace = JSON.parse(line) as RawStateTrace;
    if (trace.check.includes(check)) yield trace;
  }
}

/** The failure of a trace, which is given as an object or as text. `undefined` means that it passed. */
export async function failureOf(trace: object | string): Promise<string | undefined> {
  const report = new ConformanceReport();
  await report.addLine({
    where: "corrupted.jsonl:1",
    text: typeof trace === "string" ? trace : JSON.stringify(trace),
  });
  return report.failures[0];
}
