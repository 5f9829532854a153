import { readChannelTrace } from "./channels/read-channel-trace.ts";
import { verifyChannelTrace } from "./channels/replay-channel-trace.ts";
import type { Difference } from "./difference.ts";
import { jsonObject, MalformedTraceError, oneOf } from "./json-readers.ts";
import { readPresenceTrace } from "./presence/read-presence-trace.ts";
import { verifyPresenceTrace } from "./presence/verify-presence-trace.ts";
import { readStateTrace } from "./state/read-state-trace.ts";
import { verifyStateTrace } from "./state/verify-state-trace.ts";
import { readTraceFile, type TraceLine } from "./trace-file.ts";

/** Replays a trace, given as parsed JSON, and returns the differences. */
type Verifier = (trace: unknown) => Promise<Verdict>;

interface Verdict {
  readonly name: string;
  /** `undefined` if the trace has nothing that can be verified. */
  readonly differences: readonly Difference[] | undefined;
}

const VERIFIERS: ReadonlyMap<string, Verifier> = new Map([
  ["state", verifyState],
  ["presence", verifyPresence],
  ["channels", verifyChannels],
]);

/** The results of all traces of some files. */
export class ConformanceReport {
  passed = 0;
  /** One text for each failed trace, and for each line or file without a valid trace. */
  readonly failures: string[] = [];
  /** The number of traces that were replayed, whether they passed or failed. */
  verified = 0;
  /** The names of the traces that could not be verified, by kind. */
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
    await this.#attempt(line.where, () => this.#verify(line));
  }

  async #verify({ where, text: line }: TraceLine): Promise<void> {
    const trace = parse(line);
    const kind = oneOf(...VERIFIERS.keys())(jsonObject(trace, "trace")["kind"], "trace.kind");
    const { name, differences } = await VERIFIERS.get(kind)!(trace);
    if (differences === undefined) {
      this.notVerified.set(kind, [...(this.notVerified.get(kind) ?? []), name]);
      return;
    }
    this.verified++;
    if (differences.length === 0) this.passed++;
    else this.failures.push([`${where}: ${name}`, ...differences.map(describe)].join("\n"));
  }

  /** A trace that throws does not prevent the replay of those after it. */
  async #attempt<Result>(where: string, run: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await run();
    } catch (error) {
      this.failures.push(
        `${where}: ${error instanceof MalformedTraceError ? error.message : stackOf(error)}`,
      );
      return undefined;
    }
  }
}

async function verifyState(json: unknown): Promise<Verdict> {
  const trace = readStateTrace(json);
  return { name: trace.name, differences: verifyStateTrace(trace) };
}

async function verifyPresence(json: unknown): Promise<Verdict> {
  const trace = readPresenceTrace(json);
  return { name: trace.name, differences: await verifyPresenceTrace(trace) };
}

async function verifyChannels(json: unknown): Promise<Verdict> {
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

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
