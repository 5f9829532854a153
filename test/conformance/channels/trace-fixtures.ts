import { bundledTraceLines } from "../trace-file.ts";
import type { ChannelTrace } from "./channel-trace.ts";
import { readChannelTrace } from "./read-channel-trace.ts";

/** A frame as a file has it. */
export interface RawFrame {
  readonly i: number;
  readonly conn: string;
  readonly dir: string;
  readonly [content: string]: unknown;
}

/** The bundled trace of this name. */
export function recordedTrace(name: string): ChannelTrace {
  const line = bundledTraceLines("channels").find((each) => each.includes(`"name":${JSON.stringify(name)}`));
  return readChannelTrace(JSON.parse(line!));
}

/** A hand-written trace. */
export function traceFrom(
  connections: { readonly [conn: string]: string },
  frames: readonly RawFrame[],
): ChannelTrace {
  return readChannelTrace({ name: "hand-written", check: ["exact"], connections, frames });
}

/** A hand-written frame: `>` comes from the client, `<` from the server. */
export function rawFrame(i: number, conn: string, side: ">" | "<", content: object): RawFrame {
  return { i, conn, dir: side === ">" ? "client->server" : "server->client", ...content };
}
