import { WebSocket } from "ws";
import type { ClientAction, ServerOutput } from "./channel-trace.ts";

/** Writes down what goes through the WebSockets of the official client, one after the other. */
export class TrafficRecorder {
  readonly sent: ClientAction[] = [];
  readonly received: ServerOutput[] = [];
  #socket: WebSocket | undefined;

  /** For the `transport` option of the client. */
  transport(): new (url: string, protocols?: string[]) => WebSocket {
    const tap = this;
    return class extends WebSocket {
      constructor(url: string, protocols?: string[]) {
        super(url, protocols);
        tap.#listen(this);
      }

      override send(data: string | ArrayBuffer): void {
        if (typeof data === "string") tap.sent.push({ kind: "text", text: data });
        else tap.sent.push({ kind: "bytes", bytes: new Uint8Array(data) });
        super.send(data);
      }
    };
  }

  /** Sends without the client's knowledge. */
  write(text: string): void {
    this.#socket!.send(text);
  }

  #listen(socket: WebSocket): void {
    this.#socket = socket;
    socket.on("open", () => this.sent.push({ kind: "open" }));
    socket.on("message", (data: Buffer | ArrayBuffer, isBinary) => {
      const bytes = Buffer.from(data as ArrayBuffer);
      if (isBinary) this.received.push({ kind: "bytes", base64: bytes.toString("base64") });
      else this.received.push({ kind: "text", json: JSON.parse(bytes.toString()) });
    });
    socket.on("close", (code, reason) => {
      this.received.push({ kind: "close", code, reason: reason.toString() });
    });
  }
}
