import {
  type JsonReader,
  listOf,
  MalformedTraceError,
  mapOf,
  object,
  oneOf,
  orAbsent,
  text,
  wholeNumber,
} from "../json-readers.ts";
import type { ChannelCheck, ChannelTrace, ClientAction, ServerOutput, TraceFrame } from "./channel-trace.ts";
import { withConsistentTopics } from "./consistent-topics.ts";

/**
 * Reads a channel trace from parsed JSON. Whether its frames agree with each other shows only when they are replayed.
 *
 * @throws {MalformedTraceError} with the path of the member that is missing or wrong.
 */
export function readChannelTrace(json: unknown): ChannelTrace {
  const trace = withConsistentTopics(recorded(json, "trace"));
  let last = 0;
  const frames = trace.frames.flatMap((frame, index): TraceFrame[] => {
    const path = `trace.frames[${index}]`;
    if (frame.dir === "note") return [];
    const i = wholeNumber(last + 1, Number.MAX_SAFE_INTEGER)(frame.i, `${path}.i`);
    last = i;
    const conn = text(frame.conn, `${path}.conn`);
    if (!trace.connections.has(conn)) {
      throw new MalformedTraceError(
        `${path}.conn is ${JSON.stringify(conn)}, but trace.connections has no such member`,
      );
    }
    return frame.dir === "client->server"
      ? [{ i, conn, from: "client", action: action(frame, path) }]
      : [{ i, conn, from: "server", output: output(frame, path) }];
  });
  const { name, check, connections } = trace;
  return { name, check, connections, frames };
}

/** A frame as the file has it. Which members it needs depends on its kind and is checked later. */
export interface RecordedFrame {
  readonly dir: "client->server" | "server->client" | "note";
  readonly i: unknown;
  readonly conn: unknown;
  readonly text: string | undefined;
  readonly base64: string | undefined;
  readonly event: string | undefined;
  readonly code: unknown;
  readonly reason: unknown;
  readonly status: unknown;
}

/** A trace as the file has it. */
export interface RecordedTrace {
  readonly name: string;
  readonly check: readonly ChannelCheck[];
  readonly connections: ReadonlyMap<string, string>;
  readonly frames: readonly RecordedFrame[];
}

const anything: JsonReader<unknown> = (value) => value;

const frame: JsonReader<RecordedFrame> = object<RecordedFrame>({
  dir: oneOf("client->server", "server->client", "note"),
  i: anything,
  conn: anything,
  text: orAbsent(text),
  base64: orAbsent(base64),
  event: orAbsent(text),
  code: anything,
  reason: anything,
  status: anything,
});

const recorded: JsonReader<RecordedTrace> = object<RecordedTrace>({
  name: text,
  check: listOf(oneOf<ChannelCheck>("exact")),
  connections: mapOf(pathAndQuery),
  frames: listOf(frame),
});

const closeCode = wholeNumber(1000, 4999);

function action(frame: RecordedFrame, path: string): ClientAction {
  if (frame.event === undefined) return message(frame, path);
  assertNoMessage(frame, path);
  const kind = oneOf("open", "close", "abort")(frame.event, `${path}.event`);
  if (kind !== "close") return { kind };
  return { kind, code: orAbsent(closeCode)(frame.code, `${path}.code`) };
}

function output(frame: RecordedFrame, path: string): ServerOutput {
  if (frame.event === undefined) {
    const sent = message(frame, path);
    if (sent.kind === "text") return { kind: "text", json: parsed(sent.text, `${path}.text`) };
    return { kind: "bytes", base64: sent.bytes.toString("base64") };
  }
  const kind = oneOf("close", "http", "pong")(frame.event, `${path}.event`);
  if (kind === "pong") return { kind, text: text(frame.text, `${path}.text`) };
  assertNoMessage(frame, path);
  if (kind === "http") return { kind, status: wholeNumber(400, 599)(frame.status, `${path}.status`) };
  const reason = text(frame.reason, `${path}.reason`);
  return { kind, code: closeCode(frame.code, `${path}.code`), reason };
}

function message(
  { text, base64 }: RecordedFrame,
  path: string,
): { kind: "text"; text: string } | { kind: "bytes"; bytes: Buffer } {
  if (text !== undefined && base64 === undefined) return { kind: "text", text };
  if (base64 !== undefined && text === undefined) {
    return { kind: "bytes", bytes: Buffer.from(base64, "base64") };
  }
  throw new MalformedTraceError(`${path} should have exactly one of text, base64 and event`);
}

function assertNoMessage({ text, base64 }: RecordedFrame, path: string): void {
  if (text === undefined && base64 === undefined) return;
  throw new MalformedTraceError(`${path} should have exactly one of text, base64 and event`);
}

function parsed(json: string, path: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new MalformedTraceError(`${path} should be JSON, but is ${JSON.stringify(json.slice(0, 80))}`);
  }
}

function base64(value: unknown, path: string): string {
  const given = text(value, path);
  if (Buffer.from(given, "base64").toString("base64") === given) return given;
  throw new MalformedTraceError(`${path} should be base64, but is ${JSON.stringify(given.slice(0, 80))}`);
}

function pathAndQuery(value: unknown, path: string): string {
  const given = text(value, path);
  if (given.startsWith("/") && URL.canParse(`ws://host${given}`)) return given;
  throw new MalformedTraceError(
    `${path} should be a path and query, but is ${JSON.stringify(given.slice(0, 80))}`,
  );
}
