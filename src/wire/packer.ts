import { LimitError } from "../errors.ts";
import { ByteWriter } from "./byte-writer.ts";
import { FragmentWriter } from "./write-fragment.ts";

/** A message that is being written. */
export class MessageDraft {
  readonly writer: ByteWriter = new ByteWriter();
  #replica: string | undefined = undefined;
  #fragment: FragmentWriter | undefined = undefined;

  /** The fragment at the end of this message. A fragment of another replica is ended first. */
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

/** Writes everything that precedes the items of a message. `index` counts the messages from 0. */
export type StartMessage = (draft: MessageDraft, index: number) => void;

/**
 * Packs items into as few messages as possible, in order. An item that does not fit is discarded from the message and
 * starts the next one. The caller writes the end of each message last, when the number of messages is known.
 */
export class Packer {
  readonly drafts: MessageDraft[] = [];
  readonly #maxBytes: number;
  readonly #start: StartMessage;
  #isEmpty = true;

  /** `maxBytes` must leave room for the end of a message. Items go to the end of `first`, if it is given. */
  constructor(maxBytes: number, start: StartMessage, first?: MessageDraft) {
    this.#maxBytes = maxBytes;
    this.#start = start;
    if (first === undefined) return;
    this.drafts.push(first);
    this.#isEmpty = false;
  }

  /** Starts a new message for the next item. */
  startMessage(): void {
    const draft = new MessageDraft();
    this.#start(draft, this.drafts.length);
    this.drafts.push(draft);
    this.#isEmpty = true;
  }

  /** @throws {LimitError} when the item is too large for any message. */
  add(write: (draft: MessageDraft) => void): void {
    if (this.drafts.length === 0) this.startMessage();
    if (this.#tryToAdd(write)) return;
    if (this.#isEmpty) throw itemTooLarge(this.#maxBytes);
    this.startMessage();
    if (!this.#tryToAdd(write)) throw itemTooLarge(this.#maxBytes);
  }

  #tryToAdd(write: (draft: MessageDraft) => void): boolean {
    const draft = this.drafts.at(-1)!;
    const before = draft.writer.length;
    write(draft);
    if (draft.writer.length > this.#maxBytes) {
      draft.writer.truncate(before);
      return false;
    }
    this.#isEmpty = false;
    return true;
  }
}

function itemTooLarge(allowed: number): LimitError {
  return new LimitError(
    `One presence takes more than ${allowed} bytes, which is all that a message has room for. ` +
      "Call assertFits before you track it.",
    { limit: "maxMessageBytes", given: allowed + 1, allowed },
  );
}
