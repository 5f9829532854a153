import type { ChannelTrace, ServerFrame } from "./channel-trace.ts";

/**
 * The frames that the server sent on a connection, with our close code for a client that was silent for too long. The reference closes
 * it with 1000, after which the official clients up to 1.8.15 never come back; we close it with 1001.
 */
export function serverFramesOf({ frames }: ChannelTrace, conn: string): readonly ServerFrame[] {
  const own = frames.filter((frame) => frame.conn === conn);
  const hasClosed = own.some((frame) => frame.from === "client" && frame.action.kind === "close");
  return own.flatMap((frame) => {
    if (frame.from !== "server") return [];
    const { output } = frame;
    if (hasClosed || output.kind !== "close" || output.code !== 1000) return [frame];
    return [{ ...frame, output: { ...output, code: 1001 } }];
  });
}
