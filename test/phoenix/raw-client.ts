import { once } from "node:events";
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { waitUntil } from "../../scripts/wait-until.ts";

/** A frame from the server: parsed JSON, or a Buffer for a binary frame. */
export type ReceivedFrame = unknown;

/** A WebSocket of `ws`, with all frames that it received, in order. */
export class RawClient {
  readonly frames: ReceivedFrame[] = [];
  readonly socket: WebSocket;
  closed: number | undefined = undefined;

  constructor(url: string, options: { readonly origin?: string; readonly protocols?: string[] } = {}) {
    const { protocols = [], ...rest } = options;
    this.socket = new WebSocket(url, protocols, { ...rest, perMessageDeflate: false });
    this.socket.on("message", (data: Buffer, isBinary) => {
      this.frames.push(isBinary ? data : JSON.parse(data.toString()));
    });
    this.socket.on("close", (code) => {
      this.closed = code;
    });
    this.socket.on("error", () => {});
  }

  async open(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, "open");
    return this;
  }

  send(...messages: unknown[]): void {
    for (const message of messages) {
      const isRaw = typeof message === "string" || message instanceof Uint8Array;
      this.socket.send(isRaw ? message : JSON.stringify(message));
    }
  }

  /** Sends all messages in one TCP write, as one packet. */
  sendAtOnce(...messages: unknown[]): void {
    const { _socket: tcp } = this.socket as unknown as { _socket: Socket };
    tcp.cork();
    this.send(...messages);
    tcp.uncork();
  }

  /** Waits for this many frames, and removes and returns them. */
  async take(count: number): Promise<ReceivedFrame[]> {
    await waitUntil(
      () => this.frames.length >= count || this.closed !== undefined,
      () => `${count} frames; received: ${JSON.stringify(this.frames)}`,
    );
    return this.frames.splice(0, count);
  }

  /** Sends a heartbeat, waits for its reply, and removes and returns the frames before that. */
  async settle(): Promise<ReceivedFrame[]> {
    const ref = `settle ${Math.random()}`;
    this.send([null, ref, "phoenix", "heartbeat", {}]);
    const isReply = (frame: ReceivedFrame): boolean => Array.isArray(frame) && frame[1] === ref;
    await waitUntil(
      () => this.frames.some(isReply) || this.closed !== undefined,
      () => `a reply to a heartbeat; received: ${JSON.stringify(this.frames)}`,
    );
    return this.frames.splice(0).filter((frame) => !isReply(frame));
  }

  async closeCode(): Promise<number> {
    await waitUntil(() => this.closed !== undefined, "the socket to be closed");
    return this.closed!;
  }
}

/** A reply in version 2.0.0. */
export function reply(
  joinRef: unknown,
  ref: unknown,
  topic: unknown,
  response: object = {},
  status = "ok",
): unknown {
  return [joinRef, ref, topic, "phx_reply", { status, response }];
}

export function unmatched(ref: unknown, topic: unknown): unknown {
  return reply(null, ref, topic, { reason: "unmatched topic" }, "error");
}
