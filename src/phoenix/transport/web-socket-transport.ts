import type { WebSocket } from "ws";
import type { Frame } from "../protocol/serializer.ts";
import type { Transport, TransportEvents } from "./transport.ts";

/** Carries the frames of a client over a WebSocket of `ws`. */
export class WebSocketTransport implements Transport {
  readonly hasOwnTimeout = false;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  listen(events: TransportEvents): void {
    const socket = this.#socket;
    socket.on("message", (data: Buffer, isBinary) => events.message(data, isBinary));
    socket.on("ping", (data) => events.ping(data));
    socket.on("pong", () => events.active());
    socket.on("close", () => events.closed());
    socket.on("error", (error) => events.failed(error));
  }

  send({ head, data, isBinary }: Frame): void {
    if (head !== undefined) this.#socket.send(head, { binary: isBinary, fin: false });
    this.#socket.send(data, { binary: isBinary });
  }

  pong(data: Uint8Array): void {
    this.#socket.pong(data);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(code: number): void {
    this.#socket.close(code);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
