import type { Intervals } from "../crdt/intervals.ts";
import { LimitError } from "../errors.ts";
import { zigzag } from "./zigzag.ts";

const FIRST_CAPACITY = 256;
const encoder = new TextEncoder();

/** Up to so many strings are compared one by one: most messages are small, and a map costs more to make than that. */
const FEW = 8;

/** So many strings are remembered at most: who comes again mostly comes soon. */
const REMEMBERED = 2_048;

/** Where so many in a row were new, the next ones are taken for new without a look: seven times as many. */
const PAUSE = 7 * REMEMBERED;

/**
 * The places, from 1, of strings of one kind that a message has named so far. Of a large message only the latest: most of
 * its strings never come again, and a map of all of them costs more than all the rest of the writing.
 */
export class StringTable {
  #count = 0;
  readonly #first: string[] = [];
  #latest: Map<string, number> | undefined = undefined;
  #hasFound = false;
  #pause = 0;

  positionOf(text: string): number | undefined {
    if (this.#pause > 0) return undefined;
    const place = this.#latest === undefined ? this.#placeAmongFirst(text) : this.#latest.get(text);
    if (place !== undefined) this.#hasFound = true;
    return place;
  }

  add(text: string): void {
    this.#count++;
    if (this.#pause > 0) {
      this.#pause--;
    } else if (this.#latest === undefined) {
      this.#first.push(text);
      if (this.#count === FEW) this.#latest = new Map(this.#first.map((first, at) => [first, at + 1]));
    } else {
      if (this.#latest.size === REMEMBERED) this.#forget(this.#latest);
      this.#latest.set(text, this.#count);
    }
  }

  #placeAmongFirst(text: string): number | undefined {
    const at = this.#first.indexOf(text);
    return at < 0 ? undefined : at + 1;
  }

  #forget(latest: Map<string, number>): void {
    latest.clear();
    if (!this.#hasFound) this.#pause = PAUSE;
    this.#hasFound = false;
  }
}

/** The bytes of one message as they are written. */
export class ByteWriter {
  readonly names: StringTable = new StringTable();
  readonly topics: StringTable = new StringTable();
  readonly keys: StringTable = new StringTable();
  readonly metas: StringTable = new StringTable();
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The message so far, in memory of its own. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Unwrites the last bytes. The tables keep their strings: name none after this. */
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

  /** An integer from 0 to 2^53 - 1: seven bits a byte, least significant first (LEB128). */
  number(value: number): void {
    this.#reserve(8);
    let rest = value;
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 0x80)) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
    }
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  /** An integer of either sign, small ones short (zigzag). */
  difference(value: number): void {
    this.number(zigzag(value));
  }

  /** Gap and length of each interval, and a gap of 0; those that do not fit into `maxBytes` are left out. */
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
   * A string: twice its length in bytes and its UTF-8; or, where the table has it, its place (from 1) twice and one.
   * A string that is no Unicode text (half of a surrogate pair) stands behind place 0, as UTF-16: it must arrive as
   * it was.
   */
  text(table: StringTable, text: string): void {
    if (text.length === 0) throw emptyText();
    const place = table.positionOf(text);
    if (place !== undefined) {
      this.number(place * 2 + 1);
      return;
    }
    if (!this.#ascii(text)) {
      if (text.isWellFormed()) this.#utf8(text);
      else this.#utf16(text);
    }
    table.add(text);
  }

  /** By far the most common, and three times faster by hand. Writes nothing when a character is not ASCII. */
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

function emptyText(): LimitError {
  return new LimitError("A topic, key, name or id is empty, which no message can carry. Name it.", {
    limit: "textLength",
    given: 0,
    allowed: 1,
  });
}
