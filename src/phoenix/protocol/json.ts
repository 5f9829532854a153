import { TextDecoder } from "node:util";
import type { Json } from "../../payload.ts";

/**
 * Reads JSON as the reference does: a message in which a string has an escaped lone surrogate is malformed.
 *
 * @throws {SyntaxError}
 */
export function parseJson(text: string): Json {
  return MAYBE_LONE_SURROGATE.test(text) ? JSON.parse(text, refuseLoneSurrogates) : JSON.parse(text);
}

/** Throws for bytes that are not UTF-8, and keeps a byte order mark. */
export const utf8Decoder: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Valid UTF-8 has no lone surrogates, so only an escape can make one. */
const MAYBE_LONE_SURROGATE = /\\u[dD][89a-fA-F]/;

function refuseLoneSurrogates(key: string, value: Json): Json {
  if (!key.isWellFormed() || (typeof value === "string" && !value.isWellFormed())) {
    throw new SyntaxError("a string holds a lone surrogate");
  }
  return value;
}
