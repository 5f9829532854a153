import { linesOf } from "../bundled-traces.ts";
import { Report } from "../conformance-report.ts";

/** As much of a state trace as tests alter. */
export interface Trace {
  readonly name: string;
  readonly check: readonly string[];
  readonly steps: readonly Step[];
}

export interface Step {
  readonly op: string;
  readonly replica: string;
  readonly expect?: Expected;
  readonly [name: string]: unknown;
}

export interface Expected {
  readonly tag: [replica: string, clock: number];
  readonly joins: Entry[];
  readonly leaves: Entry[];
  readonly replaced: Entry[];
  readonly online: Entry[];
  readonly by_topic: { [topic: string]: [key: string, meta: object][] };
}

export interface Entry {
  topic: string;
  pid: string;
  key: string;
  meta: object;
  readonly tag: [replica: string, clock: number];
}

const lines = linesOf("state");

/** Those of the carried state traces that have this check, each parsed when its turn comes: to be altered at will. */
export function* tracesToAlter(check: "exact" | "converge"): Generator<Trace> {
  for (const line of lines) {
    const trace = JSON.parse(line) as Trace;
    if (trace.check.includes(check)) yield trace;
  }
}

/** How a trace, given as JSON or its text, failed; `undefined` when it passed. */
export async function failureOf(trace: object | string): Promise<string | undefined> {
  const report = new Report();
  await report.addLine({
    where: "altered.jsonl:1",
    text: typeof trace === "string" ? trace : JSON.stringify(trace),
  });
  return report.failures[0];
}
