import { TextDecoder } from "node:util";
import type { Json } from "../../payload.ts";

/**
 * Reads JSON as the reference does: a message in which a string has an escaped lone surrogate is malformed.
 *
 * @throws {SyntaxError}
 */
export function parseJson(text: string): Json {
  const value: Json = JSON.parse(text);
  if (MAYBE_LONE_SURROGATE.test(text)) refuseLoneSurrogates(text);
  return value;
}

/** Throws for bytes that are not UTF-8, and keeps a byte order mark. */
export const utf8Decoder: TextDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Valid UTF-8 has no lone surrogates, so only an escape can make one. */
const MAYBE_LONE_SURROGATE = /\\u[dD][89a-fA-F]/;

/** Looks at each escape of valid JSON. A reviver would look at each value, and takes twenty times as long as the parser. */
function refuseLoneSurrogates(text: string): void {
  for (let at = text.indexOf("\\"); at >= 0; at = text.indexOf("\\", at)) {
    const code = escapedCode(text, at);
    at += code === undefined ? 2 : 6;
    if (code === undefined || !isWithin(HIGH.from, LOW.to, code)) continue;
    const isPair = isWithin(HIGH.from, HIGH.to, code) && isWithin(LOW.from, LOW.to, escapedCode(text, at));
    if (!isPair) throw new SyntaxError("a string holds a lone surrogate");
    at += 6;
  }
}

const HIGH = { from: 0xd8_00, to: 0xdb_ff } as const;
const LOW = { from: 0xdc_00, to: 0xdf_ff } as const;

/** The code unit of an escape as `\u00e9`. Returns `undefined` for any other text. */
function escapedCode(text: string, at: number): number | undefined {
  return text.startsWith("\\u", at) ? Number.parseInt(text.slice(at + 2, at + 6), 16) : undefined;
}

function isWithin(from: number, to: number, code: number | undefined): boolean {
  return code !== undefined && code >= from && code <= to;
}
