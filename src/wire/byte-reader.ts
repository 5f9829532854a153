import { TextDecoder } from "node:util";
import { Intervals } from "../crdt/intervals.ts";
import { MalformedMessageError } from "../errors.ts";
import { maxRepeatedLength, unzigzag } from "./format.ts";

/** `ignoreBOM: true` keeps a byte order mark, which is a character like any other. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** ASCII strings of at most this many bytes are read in a loop, in half the time that the decoder takes. */
const MAX_BYTES_IN_LOOP = 32;

/** One array of character codes for each length. They are used again for every string. */
const CODES = Array.from({ length: MAX_BYTES_IN_LOOP + 1 }, (_, length) => new Array<number>(length).fill(0));

/**
 * Reads the bytes of one message, and checks each: all values that it returns are in range, and it allocates nothing before
 * it has seen the bytes for it. The strings that it returns are at most 33 times as long as the message, and 65 536
 * characters: more repetitions are refused. It throws `MalformedMessageError`, which `decode` catches.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** The length of the strings that were referred to so far. */
  #repeatedLength = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Throws a `MalformedMessageError` with this reason. */
  refuse(reason: string): never {
    throw new MalformedMessageError(
      `At byte ${this.#at} of ${this.#bytes.length}: ${reason}. The message was dropped. ` +
        "If this repeats, look for another program that publishes to the same topics.",
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

  /** An integer from 0 to `max`. One that is longer than needed is refused. */
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

  /** A string of at least one character. */
  text(table: string[]): string {
    return table[this.stringIndex(table)]!;
  }

  /** Whether a list ends here, with a byte of 0. If so, skips that byte. */
  skipListEnd(): boolean {
    if (this.#bytes[this.#at] !== 0) return false;
    this.#at++;
    return true;
  }

  /** The index of a string in its table. A new string is added first. */
  stringIndex(table: string[]): number {
    const start = this.#at;
    const head = this.number();
    if (head % 2 === 0) return table.push(this.#utf8(head / 2)) - 1;
    if (head === 1) return table.push(this.#utf16(this.number())) - 1;
    const index = (head - 3) / 2;
    if (index >= table.length) this.refuse(`a string refers to position ${index + 1} of ${table.length}`);
    this.#repeatedLength += table[index]!.length;
    if (this.#repeatedLength > maxRepeatedLength(start)) this.refuse("strings are repeated too often");
    return index;
  }

  #utf8(length: number): string {
    const start = this.#skipString(length);
    if (length <= MAX_BYTES_IN_LOOP) {
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
    const start = this.#skipString(length * 2);
    const codes = Array.from({ length }, (_, at) => {
      const high = start + at * 2;
      return this.#bytes[high]! * 0x100 + this.#bytes[high + 1]!;
    });
    const text = codes.map((code) => String.fromCharCode(code)).join("");
    if (text.isWellFormed()) this.refuse("a string that is UTF-8 was written as UTF-16");
    return text;
  }

  /** Skips a string of this many bytes, and returns where it starts. Most strings are too short to be worth a view. */
  #skipString(length: number): number {
    if (length === 0) this.refuse("a string is empty");
    if (length > this.#bytes.length - this.#at)
      this.refuse(`a string claims ${length} bytes, which is more than the message has left`);
    this.#at += length;
    return this.#at - length;
  }
}

/** The string of these bytes, or `undefined` if one of them is not ASCII. */
function ascii(bytes: Uint8Array, start: number, length: number): string | undefined {
  const codes = CODES[length]!;
  for (let at = 0; at < length; at++) {
    const code = bytes[start + at]!;
    if (code > 0x7f) return undefined;
    codes[at] = code;
  }
  return String.fromCharCode.apply(undefined, codes);
}
