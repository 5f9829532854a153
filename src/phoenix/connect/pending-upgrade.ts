import type { Duplex } from "node:stream";

/**
 * The connection of a client whose upgrade is not decided. It notices when the client goes: the server does not read
 * from the connection yet, so the end would otherwise wait unseen behind the bytes that the client has sent.
 */
export class PendingUpgrade {
  readonly #connection: Duplex;
  readonly #onGone: () => void;
  /** The bytes that the client sent before the answer. Clients should send none, but their frames are not lost. */
  readonly #early: Buffer[];
  #roomBytes: number;

  constructor(connection: Duplex, head: Buffer, maxEarlyBytes: number, onGone: () => void) {
    this.#connection = connection;
    this.#onGone = onGone;
    this.#early = [head];
    this.#roomBytes = maxEarlyBytes - head.length;
    connection.on("readable", this.#read);
    for (const event of ENDS) connection.on(event, this.#end);
    // Without this listener, a connection that breaks would be an uncaught exception.
    connection.on("error", ignore);
  }

  /** Hands the connection over. Returns what the client has sent after its request. */
  release(): Buffer {
    this.#connection.off("readable", this.#read);
    for (const event of ENDS) this.#connection.off(event, this.#end);
    this.#connection.off("error", ignore);
    return Buffer.concat(this.#early);
  }

  readonly #read = (): void => {
    while (this.#roomBytes > 0) {
      const chunk = this.#connection.read() as Buffer | null;
      if (chunk === null) return;
      this.#early.push(chunk);
      this.#roomBytes -= chunk.length;
    }
  };

  readonly #end = (): void => {
    this.#connection.destroy();
    this.#onGone();
  };
}

/** A client that ends only its own side of the connection does not wait for an answer either. */
const ENDS = ["end", "close"] as const;

function ignore(): void {}
