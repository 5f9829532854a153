import { bundledTraceLines } from "../bundled-traces.ts";
import type { ChannelTrace } from "./channel-trace.ts";
import { readChannelTrace } from "./read-channel-trace.ts";

/** A frame as a file holds it. */
export interface RawFrame {
  readonly i: number;
  readonly conn: string;
  readonly dir: string;
  readonly [content: string]: unknown;
}

/** The carried trace of this name. */
export function recordedTrace(name: string): ChannelTrace {
  const line = bundledTraceLines("channels").find((each) => each.includes(`"name":${JSON.stringify(name)}`));
  return readChannelTrace(JSON.parse(line!));
}

/** A trace of one's own. */
export function traceFrom(
  connections: { readonly [conn: string]: string },
  frames: readonly RawFrame[],
): ChannelTrace {
  return readChannelTrace({ name: "one's own", check: ["exact"], connections, frames });
}

/** A frame of one's own: `>` of the client, `<` of the server. */
export function rawFrame(i: number, conn: string, side: ">" | "<", content: object): RawFrame {
  return { i, conn, dir: side === ">" ? "client->server" : "server->client", ...content };
}
