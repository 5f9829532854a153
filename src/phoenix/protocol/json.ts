import { TextDecoder } from "node:util";
import type { Json } from "../../payload.ts";

/**
 * Reads JSON as the reference does: half of a character, escaped, is no text, and the message that has one is malformed.
 *
 * @throws {SyntaxError}
 */
export function parseJson(text: string): Json {
  return MAYBE_HALF.test(text) ? JSON.parse(text, refuseHalves) : JSON.parse(text);
}

/** Bytes that are no UTF-8 throw, and a byte order mark stays. */
export const utf8: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Valid UTF-8 has no halves: only an escape can make one. */
const MAYBE_HALF = /\\u[dD][89a-fA-F]/;

function refuseHalves(key: string, value: Json): Json {
  if (!key.isWellFormed() || (typeof value === "string" && !value.isWellFormed())) {
    throw new SyntaxError("a string holds half of a character");
  }
  return value;
}
