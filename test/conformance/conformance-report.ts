import { readChannelTrace } from "./channels/read-channel-trace.ts";
import { verifyChannelTrace } from "./channels/verify-channel-trace.ts";
import type { Difference } from "./difference.ts";
import { jsonObject, MalformedTraceError, text } from "./json-readers.ts";
import { readPresenceTrace } from "./presence/read-presence-trace.ts";
import { verifyPresenceTrace } from "./presence/verify-presence-trace.ts";
import { readStateTrace } from "./state/read-state-trace.ts";
import { verifyStateTrace } from "./state/verify-state-trace.ts";
import { readTraceFile, type TraceLine } from "./trace-file.ts";

/** Replays a trace, given as parsed JSON, and says where it differs. */
type Judge = (trace: unknown) => Promise<Verdict>;

interface Verdict {
  readonly name: string;
  /** `undefined` where nothing of it can be judged. */
  readonly differences: readonly Difference[] | undefined;
}

const JUDGES: ReadonlyMap<string, Judge> = new Map([
  ["state", judgeState],
  ["presence", judgePresence],
  ["channels", judgeChannels],
]);

/** What became of all traces of some files. */
export class ConformanceReport {
  passed = 0;
  /** One text for each trace that failed, and for each line or file that holds none. */
  readonly failures: string[] = [];
  /** How many traces were replayed, whatever came of it. */
  verified = 0;
  /** By kind, the names of those that nothing could be judged of. */
  readonly notVerified: Map<string, string[]> = new Map();

  /** `onTrace` is called before each trace. */
  async addFile(file: string, onTrace: () => void = () => {}): Promise<void> {
    const lines = await this.#attempt(file, async () => readTraceFile(file));
    for (const line of lines ?? []) {
      onTrace();
      await this.addLine(line);
    }
  }

  async addLine(line: TraceLine): Promise<void> {
    await this.#attempt(line.where, () => this.#judge(line));
  }

  async #judge({ where, text: line }: TraceLine): Promise<void> {
    const trace = parse(line);
    const kind = text(jsonObject(trace, "trace")["kind"], "trace.kind");
    const judge = JUDGES.get(kind);
    if (judge === undefined)
      throw new MalformedTraceError(`trace.kind is ${JSON.stringify(kind)}, which is unknown`);
    const { name, differences } = await judge(trace);
    if (differences === undefined) {
      this.notVerified.set(kind, [...(this.notVerified.get(kind) ?? []), name]);
      return;
    }
    this.verified++;
    if (differences.length === 0) this.passed++;
    else this.failures.push([`${where}: ${name}`, ...differences.map(describe)].join("\n"));
  }

  /** Whatever one trace brings about, those after it have their turn. */
  async #attempt<Result>(where: string, run: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await run();
    } catch (error) {
      this.failures.push(`${where}: ${error instanceof MalformedTraceError ? error.message : inFull(error)}`);
      return undefined;
    }
  }
}

async function judgeState(json: unknown): Promise<Verdict> {
  const trace = readStateTrace(json);
  return { name: trace.name, differences: verifyStateTrace(trace) };
}

async function judgePresence(json: unknown): Promise<Verdict> {
  const trace = readPresenceTrace(json);
  return { name: trace.name, differences: await verifyPresenceTrace(trace) };
}

async function judgeChannels(json: unknown): Promise<Verdict> {
  const trace = readChannelTrace(json);
  return { name: trace.name, differences: await verifyChannelTrace(trace) };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new MalformedTraceError(`not JSON: ${(error as SyntaxError).message}`);
  }
}

function describe({ check, at, what }: Difference): string {
  return `  ${check}, ${at}: ${what}`;
}

function inFull(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
