import { WebSocket } from "ws";
import type { ClientAction, ServerOutput } from "./channel-trace.ts";

/** Records the frames of the WebSockets that the official client opens one after another. */
export class TrafficRecorder {
  readonly sent: ClientAction[] = [];
  readonly received: ServerOutput[] = [];
  #socket: WebSocket | undefined;

  /** The value for the `transport` option of the client. */
  transport(): new (url: string, protocols?: string[]) => WebSocket {
    const recorder = this;
    return class extends WebSocket {
      constructor(url: string, protocols?: string[]) {
        super(url, protocols);
        recorder.#listen(this);
      }

      override send(data: string | ArrayBuffer): void {
        if (typeof data === "string") recorder.sent.push({ kind: "text", text: data });
        else recorder.sent.push({ kind: "bytes", bytes: new Uint8Array(data) });
        super.send(data);
      }
    };
  }

  /** Sends a text frame without the knowledge of the client. */
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
