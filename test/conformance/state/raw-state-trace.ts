import { bundledTraceLines } from "../bundled-traces.ts";
import { ConformanceReport } from "../conformance-report.ts";

/** As much of a state trace as tests alter. */
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

/** Those of the carried state traces that have this check, each parsed when its turn comes: to be altered at will. */
export function* tracesToCorrupt(check: "exact" | "converge"): Generator<RawStateTrace> {
  for (const line of lines) {
    const trace = JSON.parse(line) as RawStateTrace;
    if (trace.check.includes(check)) yield trace;
  }
}

/** How a trace, given as JSON or its text, failed; `undefined` when it passed. */
export async function failureOf(trace: object | string): Promise<string | undefined> {
  const report = new ConformanceReport();
  await report.addLine({
    where: "altered.jsonl:1",
    text: typeof trace === "string" ? trace : JSON.stringify(trace),
  });
  return report.failures[0];
}
