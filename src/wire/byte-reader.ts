import { Intervals } from "../crdt/intervals.ts";
import { MalformedMessageError } from "../errors.ts";
import { unzigzag } from "./zigzag.ts";

/** `ignoreBOM` means: keep it, it is a character like any other. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Of so many bytes, ASCII is read by hand in half the time that the decoder takes. */
const MAX_BYTES_BY_HAND = 32;

/** Room for the characters of a string, one array a length. */
const CODES = Array.from({ length: MAX_BYTES_BY_HAND + 1 }, (_, length) => new Array<number>(length).fill(0));

/**
 * Reads the bytes of one message, and trusts none of them: whatever it returns is in range, and nothing is
 * allocated before the bytes for it were seen. Throws `MalformedMessageError`, which `decode` catches.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Refuses the message. */
  refuse(why: string): never {
    throw new MalformedMessageError(
      `At byte ${this.#at} of ${this.#bytes.length}: ${why}. The message was dropped; ` +
        "if this goes on, look for something else that publishes on our topics.",
    );
  }

  byte(): number {
    if (this.isAtEnd) this.refuse("the message ends too early");
    return this.#bytes[this.#at++]!;
  }

  uint32(): number {
    let value = 0;
    for (let index = 0; index < 4; index++) value = value * 0x100 + this.byte();
    return value;
  }

  /** An integer from 0 to `max`, in as few bytes as it takes. */
  number(max: number = Number.MAX_SAFE_INTEGER): number {
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 0x80 && first <= max) {
      this.#at++;
      return first;
    }
    let value = 0;
    let scale = 1;
    for (let byte = 0x80; byte >= 0x80; scale *= 0x80) {
      byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > max || scale > Number.MAX_SAFE_INTEGER) this.refuse(`a number is above ${max}`);
      if (byte === 0 && scale > 1) this.refuse("a number is longer than it needs to be");
    }
    return value;
  }

  /** An integer of either sign. */
  difference(): number {
    return unzigzag(this.number());
  }

  intervals(maxNumber: number): Intervals {
    const intervals = Intervals.empty();
    let previous = 0;
    for (let gap = this.number(maxNumber); gap > 0; gap = this.number(maxNumber)) {
      const low = previous + gap;
      const high = low + this.number(maxNumber);
      if (high > maxNumber) this.refuse(`an interval ends above ${maxNumber}`);
      if (previous > 0 && gap === 1) this.refuse("two intervals touch");
      intervals.addRange(low, high);
      previous = high;
    }
    return intervals;
  }

  /** A string, of at least one character. */
  text(table: string[]): string {
    return table[this.stringIndex(table)]!;
  }

  /** Whether a list ends here: with a string of no bytes, which is then behind us. */
  skipListEnd(): boolean {
    if (this.#bytes[this.#at] !== 0) return false;
    this.#at++;
    return true;
  }

  /** The index in its table of a string, which is added where it is new. */
  stringIndex(table: string[]): number {
    const head = this.number();
    if (head % 2 === 0) return table.push(this.#utf8(head / 2)) - 1;
    if (head === 1) return table.push(this.#utf16(this.number())) - 1;
    const index = (head - 3) / 2;
    if (index >= table.length) this.refuse(`a string refers to place ${index + 1} of ${table.length}`);
    return index;
  }

  #utf8(length: number): string {
    const start = this.#take(length);
    if (length <= MAX_BYTES_BY_HAND) {
      const text = ascii(this.#bytes, start, length);
      if (text !== undefined) return text;
    }
    try {
      return decoder.decode(this.#bytes.subarray(start, this.#at));
    } catch {
      return this.refuse("a string is not UTF-8");
    }
  }

  #utf16(length: number): string {
    const start = this.#take(length * 2);
    const codes = Array.from({ length }, (_, at) => {
      const high = start + at * 2;
      return this.#bytes[high]! * 0x100 + this.#bytes[high + 1]!;
    });
    const text = codes.map((code) => String.fromCharCode(code)).join("");
    if (text.isWellFormed()) this.refuse("a string that is UTF-8 was written as UTF-16");
    return text;
  }

  /** Where a string of so many bytes starts, which is behind us then. Most are too short to pay for a view of them. */
  #take(length: number): number {
    if (length === 0) this.refuse("a string is empty");
    if (length > this.#bytes.length - this.#at)
      this.refuse(`a string claims ${length} bytes, more than there are`);
    this.#at += length;
    return this.#at - length;
  }
}

/** Nothing when a character is not ASCII. */
function ascii(bytes: Uint8Array, start: number, length: number): string | undefined {
  const codes = CODES[length]!;
  for (let at = 0; at < length; at++) {
    const code = bytes[start + at]!;
    if (code > 0x7f) return undefined;
    codes[at] = code;
  }
  return String.fromCharCode.apply(undefined, codes);
}
