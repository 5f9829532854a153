import { isRefMember } from "../../crdt/meta.ts";
import { MAX_META_DEPTH } from "../../wire/format.ts";
import { metaTooLargeError, notJsonError } from "./meta-errors.ts";

/** The longest number in JSON: -2.2250738585072014e-308. */
const MAX_NUMBER_BYTES = 24;
/** One UTF-16 unit may become an escape such as \u0000. */
const MAX_BYTES_PER_UNIT = 6;
/** The walk stops at this multiple of the limit: objects that share members could otherwise take exponential time. */
const ABORT_FACTOR = 16;

/**
 * Checks in one walk that a meta is plain JSON, and computes a lower and an upper bound of its size. Most metas are far below
 * the limit, so `track` rarely needs to make the JSON to know the exact size.
 */
export class MetaWalk {
  /** The JSON takes at least this many bytes. */
  lowerBoundBytes = 0;
  /** The JSON takes at most this many bytes. */
  upperBoundBytes = 0;
  /** Whether a member is `undefined`, which JSON does not have. */
  hasUndefined = false;
  #root: unknown;
  readonly #path: (string | number)[] = [];
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  walk(meta: unknown): void {
    this.#root = meta;
    if (typeof meta !== "object" || meta === null || !isPlainObject(meta)) throw notJsonError(meta, []);
    this.#object(meta, MAX_META_DEPTH - 1);
  }

  #object(object: object, depth: number): void {
    this.#count(1, 2);
    for (const name of Object.keys(object)) {
      if (this.#path.length === 0 && isRefMember(name)) continue;
      const value = (object as Record<string, unknown>)[name];
      if (value === undefined) {
        this.hasUndefined = true;
      } else {
        this.#count(name.length + 4, MAX_BYTES_PER_UNIT * name.length + 4);
        this.#value(value, name, depth);
      }
    }
  }

  #array(array: readonly unknown[], depth: number): void {
    this.#count(1, 2);
    for (let at = 0; at < array.length; at++) {
      this.#count(1, 1);
      this.#value(array[at], at, depth);
    }
  }

  #value(value: unknown, name: string | number, depth: number): void {
    if (typeof value === "string") {
      this.#count(value.length + 2, MAX_BYTES_PER_UNIT * value.length + 2);
    } else if (typeof value === "number" && Number.isFinite(value)) {
      this.#count(1, MAX_NUMBER_BYTES);
    } else if (typeof value === "boolean" || value === null) {
      this.#count(4, 5);
    } else {
      this.#path.push(name);
      this.#nested(value, depth);
      this.#path.pop();
    }
  }

  #nested(value: unknown, depth: number): void {
    if (typeof value !== "object" || value === null || depth === 0)
      throw notJsonError(this.#root, this.#path);
    if (this.lowerBoundBytes > ABORT_FACTOR * this.#maxBytes) {
      throw metaTooLargeError(`${this.lowerBoundBytes} or more`, this.lowerBoundBytes, this.#maxBytes);
    }
    if (Array.isArray(value) && isPlainArray(value)) this.#array(value, depth - 1);
    else if (isPlainObject(value)) this.#object(value, depth - 1);
    else throw notJsonError(this.#root, this.#path);
  }

  #count(lowerBoundBytes: number, upperBoundBytes: number): void {
    this.lowerBoundBytes += lowerBoundBytes;
    this.upperBoundBytes += upperBoundBytes;
  }
}

/** Whether it is no instance of a class. Other realms have an `Object.prototype` of their own. */
function isPlainObject(object: object): boolean {
  const prototype = Object.getPrototypeOf(object);
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

/** Whether it is an array and no instance of a subclass, in any realm: only `Array.prototype` is itself an array. */
function isPlainArray(array: readonly unknown[]): boolean {
  return Array.isArray(Object.getPrototypeOf(array));
}
