import { TextEncoder } from "node:util";
import type { Intervals } from "../crdt/intervals.ts";
import { LimitError } from "../errors.ts";
import { maxRepeatedLength, zigzag } from "./format.ts";
import { WriterTable } from "./string-tables.ts";

const FIRST_CAPACITY = 256;
const encoder = new TextEncoder();

/** Writes the bytes of one message. */
export class ByteWriter {
  readonly names: WriterTable = new WriterTable();
  readonly topics: WriterTable = new WriterTable();
  readonly keys: WriterTable = new WriterTable();
  readonly metas: WriterTable = new WriterTable();
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #length = 0;
  /** The length of the strings that were referred to so far. */
  #repeatedLength = 0;

  get length(): number {
    return this.#length;
  }

  /** A copy of the bytes written so far. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Discards all bytes after the first `length`. The tables keep their strings, so write no strings after this. */
  truncate(length: number): void {
    this.#length = length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Four bytes, most significant first. */
  uint32(value: number): void {
    for (const shift of [24, 16, 8, 0]) this.byte((value >>> shift) & 0xff);
  }

  /** An integer from 0 to 2^53 - 1: seven bits per byte, least significant first (LEB128). */
  number(value: number): void {
    this.#reserve(8);
    let rest = value;
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 0x80)) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
    }
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  /** An integer of either sign. Small ones take few bytes (zigzag). */
  difference(value: number): void {
    this.number(zigzag(value));
  }

  /** The gap and length of each interval, then a gap of 0. If `maxBytes` is too small for all, the highest are left out. */
  intervals(intervals: Intervals, maxBytes: number = Number.POSITIVE_INFINITY): void {
    const end = this.#length + maxBytes - 1;
    let previous = 0;
    for (const [low, high] of intervals) {
      const before = this.#length;
      this.number(low - previous);
      this.number(high - low);
      previous = high;
      if (this.#length > end) {
        this.#length = before;
        break;
      }
    }
    this.byte(0);
  }

  /**
   * A string. If the table has it, and the message may still repeat so many characters, as twice its position plus one. Otherwise as twice its length in bytes, followed by
   * its UTF-8. A string with half of a surrogate pair has no UTF-8: it is written as position 0, followed by its UTF-16,
   * so that it arrives unchanged.
   */
  text(table: WriterTable, text: string): void {
    if (text.length === 0) throw emptyString();
    const position = table.positionOf(text);
    if (position !== undefined && this.#mayRepeat(text)) {
      this.number(position * 2 + 1);
      return;
    }
    if (!this.#ascii(text)) {
      if (text.isWellFormed()) this.#utf8(text);
      else this.#utf16(text);
    }
    table.add(text);
  }

  /**
   * Writes the string if it is ASCII, as by far the most are, and returns whether it did. A loop is three times faster
   * than the encoder.
   */
  #ascii(text: string): boolean {
    const start = this.#length;
    this.number(text.length * 2);
    this.#reserve(text.length);
    const bytes = this.#bytes;
    const from = this.#length;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x7f) {
        this.#length = start;
        return false;
      }
      bytes[from + at] = code;
    }
    this.#length = from + text.length;
    return true;
  }

  #mayRepeat(text: string): boolean {
    const repeatedLength = this.#repeatedLength + text.length;
    if (repeatedLength > maxRepeatedLength(this.#length)) return false;
    this.#repeatedLength = repeatedLength;
    return true;
  }

  #utf8(text: string): void {
    const encoded = encoder.encode(text);
    this.number(encoded.length * 2);
    this.#reserve(encoded.length);
    this.#bytes.set(encoded, this.#length);
    this.#length += encoded.length;
  }

  #utf16(text: string): void {
    this.number(1);
    this.number(text.length);
    for (let at = 0; at < text.length; at++) {
      this.byte(text.charCodeAt(at) >>> 8);
      this.byte(text.charCodeAt(at) & 0xff);
    }
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + bytes));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

function emptyString(): LimitError {
  return new LimitError("A topic, key, name or id is empty; it must have at least one character. Name it.", {
    limit: "textLength",
    given: 0,
    allowed: 1,
  });
}
