import type { IncomingMessage } from "node:http";
import { utf8Decoder } from "../protocol/json.ts";

/** The path and the parameters of a request, read as Plug reads them. */
export interface RequestUrl {
  /** The path without empty segments, and still percent-encoded: Phoenix looks up its sockets by the segments as they came. */
  readonly pathname: string;
  /** The parameters, or `undefined` if they are malformed. */
  readonly searchParams: URLSearchParams | undefined;
}

/**
 * Reads the target of a request. Unlike `new URL`, it resolves no `..`, turns no `\` into `/`, and never throws. As in Plug
 * (`Plug.Conn`, "path_info", and `Plug.Conn.Query.decode`):
 *
 * - Empty segments are ignored: `//socket///websocket/` is `/socket/websocket`.
 * - If a parameter is given more than once, the last value wins, except for lists as `ids[]`.
 * - A `%` without two hexadecimal digits, or bytes that are not UTF-8, are malformed.
 */
export function requestUrl({ url = "" }: Pick<IncomingMessage, "url">): RequestUrl {
  const [target = ""] = url.replace(ABSOLUTE, "").split("#", 1);
  const queryAt = target.indexOf("?");
  const path = queryAt < 0 ? target : target.slice(0, queryAt);
  const segments = path.split("/").filter((segment) => segment !== "");
  const query = queryAt < 0 ? "" : target.slice(queryAt + 1);
  return { pathname: `/${segments.join("/")}`, searchParams: paramsOf(query) };
}

/** Whether a path or a parameter can be decoded. */
export function isWellEncoded(text: string): boolean {
  return decode(text) !== undefined;
}

/** A request that goes through a proxy may name the whole URL. */
const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

function paramsOf(query: string): URLSearchParams | undefined {
  const params = new Map<string, string[]>();
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const [name, value] = decodePair(pair);
    if (name === undefined || value === undefined) return undefined;
    const earlier = name.includes("[]") ? params.get(name) : undefined;
    if (earlier === undefined) params.set(name, [value]);
    else earlier.push(value);
  }
  return new URLSearchParams(
    [...params].flatMap(([name, values]) => values.map((value) => [name, value] as [string, string])),
  );
}

function decodePair(pair: string): [name: string | undefined, value: string | undefined] {
  const at = pair.indexOf("=");
  return at < 0 ? [decode(pair), ""] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))];
}

/** Each encoded byte becomes one letter first, so that all of them are read as UTF-8 together. Node lets only ASCII into a URL. */
function decode(text: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(text)) return undefined;
  const latin1 = text
    .replaceAll("+", " ")
    .replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  try {
    return utf8Decoder.decode(Buffer.from(latin1, "latin1"));
  } catch {
    return undefined;
  }
}
