import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { MalformedTraceError } from "../json-readers.ts";
import type { ClientAction, ServerOutput } from "./channel-trace.ts";
import type { RoomServer } from "./room-server.ts";

/** A connection of a trace: a plain WebSocket client that keeps everything that the server sent. */
export class RawConnection {
  readonly name: string;
  readonly received: ServerOutput[] = [];
  readonly #path: string;
  readonly #server: RoomServer;
  readonly #origin: string | undefined;
  #socket: WebSocket | undefined = undefined;
  #sockets: readonly [client: Socket, server: Socket] | undefined = undefined;
  #isCut = false;

  constructor(name: string, path: string, server: RoomServer, origin?: string) {
    this.name = name;
    this.#path = path;
    this.#server = server;
    this.#origin = origin;
  }

  /** Requests an upgrade. Resolves when the server accepts or refuses it. */
  async open(): Promise<void> {
    if (this.isOpen) throw new MalformedTraceError(`${this.name} is open already`);
    this.#isCut = false;
    this.#sockets = undefined;
    const socket = new WebSocket(`ws://127.0.0.1:${this.#server.port}${this.#path}`, {
      perMessageDeflate: false,
      ...(this.#origin !== undefined && { origin: this.#origin }),
    });
    this.#socket = socket;
    socket.on("upgrade", ({ socket: client }) => {
      this.#sockets = [client, this.#server.sockets.get(client.localPort!)!];
    });
    socket.on("message", (data: Buffer, isBinary) => this.received.push(outputOf(data, isBinary)));
    socket.on("pong", (data) => this.received.push({ kind: "pong", text: data.toString() }));
    socket.on("error", () => {});
    await new Promise<void>((resolve) => {
      socket.on("open", resolve);
      socket.on("unexpected-response", (request, response) => {
        this.#refused(request, response.statusCode!);
        resolve();
      });
      socket.on("close", (code, reason) => {
        if (!this.#isCut) this.received.push({ kind: "close", code, reason: reason.toString() });
        resolve();
      });
    });
  }

  /** @throws {MalformedTraceError} if the connection is not open. */
  async act(action: ClientAction): Promise<void> {
    switch (action.kind) {
      case "open":
        return this.open();
      case "text":
        return this.#open.send(action.text);
      case "bytes":
        return this.#open.send(action.bytes);
      case "close":
        return this.#open.close(action.code);
      case "abort":
        this.#open.terminate();
        this.#isCut = true;
        return;
    }
  }

  /** Sends one text message in one or more fragments. It may be invalid UTF-8. */
  sendText(...fragments: (string | Uint8Array)[]): void {
    for (const [index, fragment] of fragments.entries()) {
      this.#open.send(fragment, { binary: false, fin: index === fragments.length - 1 });
    }
  }

  ping(text: string): void {
    this.#open.ping(text);
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** The progress of the connection as text. `undefined` while bytes are in flight. */
  get trafficState(): string | undefined {
    if (this.#socket === undefined || this.#sockets === undefined) return "not open";
    const [client, server] = this.#sockets;
    if (this.#socket.readyState === WebSocket.CLOSED) return server.closed ? "closed" : undefined;
    const isIdle = client.bytesRead === server.bytesWritten && server.bytesRead === client.bytesWritten;
    return this.isOpen && !server.destroyed && isIdle
      ? `${client.bytesRead}, ${server.bytesRead}`
      : undefined;
  }

  cut(): void {
    this.#isCut = true;
    this.#socket?.terminate();
  }

  get #open(): WebSocket {
    if (this.isOpen) return this.#socket!;
    throw new MalformedTraceError(`${this.name} is not open`);
  }

  #refused(request: ClientRequest, status: number): void {
    this.received.push({ kind: "http", status });
    this.#isCut = true;
    request.destroy();
  }
}

function outputOf(data: Buffer, isBinary: boolean): ServerOutput {
  if (isBinary) return { kind: "bytes", base64: data.toString("base64") };
  const text = data.toString();
  try {
    return { kind: "text", json: JSON.parse(text) };
  } catch {
    return { kind: "text", json: text };
  }
}
