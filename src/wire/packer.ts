import { LimitError } from "../errors.ts";
import { ByteWriter } from "./byte-writer.ts";
import { FragmentWriter } from "./write-fragment.ts";

/** A message that is being filled. */
export class Part {
  readonly writer: ByteWriter = new ByteWriter();
  #replica: string | undefined = undefined;
  #fragment: FragmentWriter | undefined = undefined;

  /** The fragment at the end of this message, if it is of this replica; otherwise a new one. */
  fragmentOf(replica: string): FragmentWriter {
    if (this.#fragment === undefined || this.#replica !== replica) {
      this.endFragment();
      this.writer.text(this.writer.names, replica);
      this.#replica = replica;
      this.#fragment = new FragmentWriter(this.writer);
    }
    return this.#fragment;
  }

  endFragment(): void {
    this.#fragment?.end();
    this.#fragment = undefined;
  }
}

/**
 * Packs items into as few messages as it takes, in order: each is written where there is room, and where it was too
 * much it is unwritten and starts the next message. What ends a message is written last, when it is known how
 * many there are.
 */
export class Packer {
  readonly parts: Part[] = [];
  readonly #maxBytes: number;
  readonly #start: (part: Part, index: number) => void;
  #isEmpty = true;

  /** `maxBytes` leaves room for what ends a message; `start` writes what comes before the items. */
  constructor(maxBytes: number, start: (part: Part, index: number) => void) {
    this.#maxBytes = maxBytes;
    this.#start = start;
  }

  /** The next item starts a new message. */
  startMessage(): void {
    const part = new Part();
    this.#start(part, this.parts.length);
    this.parts.push(part);
    this.#isEmpty = true;
  }

  /** @throws {LimitError} when the item is too much for any message. */
  add(write: (part: Part) => void): void {
    if (this.parts.length === 0) this.startMessage();
    if (this.#tryToAdd(write)) return;
    if (this.#isEmpty) throw tooMuch(this.#maxBytes);
    this.startMessage();
    if (!this.#tryToAdd(write)) throw tooMuch(this.#maxBytes);
  }

  #tryToAdd(write: (part: Part) => void): boolean {
    const part = this.parts.at(-1)!;
    const before = part.writer.length;
    write(part);
    if (part.writer.length > this.#maxBytes) {
      part.writer.truncate(before);
      return false;
    }
    this.#isEmpty = false;
    return true;
  }
}

function tooMuch(allowed: number): LimitError {
  return new LimitError(
    `One presence alone takes more than the ${allowed} bytes that a message has room for. ` +
      "Ask assertFits before it is tracked.",
    { limit: "maxMessageBytes", given: allowed + 1, allowed },
  );
}
