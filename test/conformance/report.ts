import type { Difference } from "./difference.ts";
import { jsonObject, MalformedError, text } from "./readers.ts";
import { judgeStateTrace } from "./state/judge.ts";
import { readStateTrace } from "./state/read-trace.ts";
import { readTraceFile, type TraceLine } from "./trace-file.ts";

/** Replays a trace, given as parsed JSON, and says where it differs. */
type Judge = (trace: unknown) => { readonly name: string; readonly differences: readonly Difference[] };

const JUDGES: ReadonlyMap<string, Judge | "not supported yet"> = new Map<string, Judge | "not supported yet">(
  [
    ["state", judgeState],
    ["presence", "not supported yet"],
    ["channels", "not supported yet"],
  ],
);

/** What became of all traces of some files. */
export class Report {
  passed = 0;
  /** One text for each trace that failed, and for each line or file that holds none. */
  readonly failures: string[] = [];
  /** How many traces were replayed, whatever came of it. */
  judged = 0;
  /** By kind, how many traces were not replayed. */
  readonly unsupported: Map<string, number> = new Map();

  addFile(file: string): void {
    const lines = this.#attempt(file, () => readTraceFile(file));
    for (const line of lines ?? []) this.addLine(line);
  }

  addLine(line: TraceLine): void {
    this.#attempt(line.where, () => this.#judge(line));
  }

  #judge({ where, text: line }: TraceLine): void {
    const trace = parse(line);
    const kind = text(jsonObject(trace, "trace")["kind"], "trace.kind");
    const judge = JUDGES.get(kind);
    if (judge === undefined)
      throw new MalformedError(`trace.kind is ${JSON.stringify(kind)}, which is unknown`);
    if (judge === "not supported yet") {
      this.unsupported.set(kind, (this.unsupported.get(kind) ?? 0) + 1);
      return;
    }
    const { name, differences } = judge(trace);
    this.judged++;
    if (differences.length === 0) this.passed++;
    else this.failures.push([`${where}: ${name}`, ...differences.map(describe)].join("\n"));
  }

  /** Whatever one trace brings about, those after it have their turn. */
  #attempt<Result>(where: string, run: () => Result): Result | undefined {
    try {
      return run();
    } catch (error) {
      this.failures.push(`${where}: ${error instanceof MalformedError ? error.message : inFull(error)}`);
      return undefined;
    }
  }
}

function judgeState(json: unknown): ReturnType<Judge> {
  const trace = readStateTrace(json);
  return { name: trace.name, differences: judgeStateTrace(trace) };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new MalformedError(`not JSON: ${(error as SyntaxError).message}`);
  }
}

function describe({ check, at, what }: Difference): string {
  return `  ${check}, ${at}: ${what}`;
}

function inFull(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
