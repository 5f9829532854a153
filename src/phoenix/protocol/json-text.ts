import type { Json } from "../../payload.ts";

/**
 * The JSON text of a ref, to be echoed as it came. A number is echoed with its own digits: `9007199254740993` and `1e400` are no
 * JavaScript numbers. `textOf` finds the text of the ref in the message.
 *
 * @throws {RangeError} for a ref that is nested too deeply for `JSON.stringify`.
 */
export function refTextOf(ref: Json, textOf: () => string | undefined): string {
  const written = JSON.stringify(ref);
  const isExact = typeof ref === "string" || typeof ref === "boolean" || ref === null;
  return (isExact ? undefined : textOf()) ?? written;
}

/** The text of one element of an array. `text` must be valid JSON, and the array must have this element. */
export function elementText(text: string, index: number): string {
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  for (let skipped = 0; skipped < index; skipped++) {
    const comma = skipSpace(text, valueEnd(text, at));
    at = skipSpace(text, comma + 1);
  }
  return text.slice(at, valueEnd(text, at));
}

/** The text of one member of an object: of several with this name the last, as in JavaScript. `text` must be valid JSON. */
export function memberText(text: string, name: string): string | undefined {
  let found: string | undefined;
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  while (text[at] === '"') {
    const keyEnd = valueEnd(text, at);
    // A name may be written with escapes, as "r\u0065f".
    const key: unknown = JSON.parse(text.slice(at, keyEnd));
    const colon = skipSpace(text, keyEnd);
    const start = skipSpace(text, colon + 1);
    const end = valueEnd(text, start);
    if (key === name) found = text.slice(start, end);
    const comma = skipSpace(text, end);
    at = skipSpace(text, comma + 1);
  }
  return found;
}

/** The index behind the value that begins at `at`. */
function valueEnd(text: string, at: number): number {
  if (text[at] === '"') return stringEnd(text, at);
  if (text[at] !== "[" && text[at] !== "{") return indexOf(AFTER_SCALAR, text, at);
  let depth = 0;
  let next = at;
  do {
    const char = text[next]!;
    if (char === "[" || char === "{") depth++;
    else if (char !== '"') depth--;
    next = char === '"' ? stringEnd(text, next) : next + 1;
    if (depth > 0) next = indexOf(BRACKET_OR_QUOTE, text, next);
  } while (depth > 0);
  return next;
}

/** The index behind the string that begins at `at`. */
function stringEnd(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); ; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
}

function skipSpace(text: string, at: number): number {
  return indexOf(NOT_SPACE, text, at);
}

const NOT_SPACE = /[^ \t\n\r]/g;
const AFTER_SCALAR = /[ \t\n\r,\]}]/g;
const BRACKET_OR_QUOTE = /["[\]{}]/g;

/** The index of the next match, or the length of the text. */
function indexOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.index ?? text.length;
}
