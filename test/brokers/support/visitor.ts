import { connect, type Socket } from "node:net";

/** A client of the cluster. When its connection closes, it connects to another node at once. */
export class Visitor {
  readonly key: string;
  /** The port of the node that admitted it, while it is connected. */
  port: number | undefined;
  readonly #ports: () => readonly number[];
  #socket: Socket | undefined;
  #attempts: number;
  #isStopped = false;

  /** `ports` returns the visitor ports of the nodes that are up; `first` is the index of the first one to use. */
  constructor(key: string, ports: () => readonly number[], first: number) {
    this.key = key;
    this.#ports = ports;
    this.#attempts = first;
    this.#connect();
  }

  stop(): void {
    this.#isStopped = true;
    this.#socket!.destroy();
  }

  #connect(): void {
    if (this.#isStopped) return;
    const ports = this.#ports();
    const port = ports[this.#attempts++ % ports.length]!;
    const socket = connect(port, "127.0.0.1", () => socket.write(this.key));
    this.#socket = socket;
    socket.once("data", () => {
      this.port = port;
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      const wasAdmitted = this.port !== undefined;
      this.port = undefined;
      if (wasAdmitted) this.#connect();
      else setTimeout(() => this.#connect(), 10);
    });
  }
}
