import { connect, type Socket } from "node:net";

/** A client of the cluster: when its connection ends, it is at another door at once. */
export class Visitor {
  readonly key: string;
  /** The door by which it was let in, while it is. */
  port: number | undefined;
  readonly #doors: () => readonly number[];
  #socket: Socket | undefined;
  #tries: number;
  #isGone = false;

  /** `doors` are the ports that are open now; `first` is which of them it takes first. */
  constructor(key: string, doors: () => readonly number[], first: number) {
    this.key = key;
    this.#doors = doors;
    this.#tries = first;
    this.#come();
  }

  stop(): void {
    this.#isGone = true;
    this.#socket!.destroy();
  }

  #come(): void {
    if (this.#isGone) return;
    const doors = this.#doors();
    const door = doors[this.#tries++ % doors.length]!;
    const socket = connect(door, "127.0.0.1", () => socket.write(this.key));
    this.#socket = socket;
    socket.once("data", () => {
      this.port = door;
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      const wasLetIn = this.port !== undefined;
      this.port = undefined;
      if (wasLetIn) this.#come();
      else setTimeout(() => this.#come(), 10);
    });
  }
}
