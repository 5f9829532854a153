import type { IncomingMessage } from "node:http";
import type { Promised } from "../channel/channel-handlers.ts";

/**
 * From which pages browsers may connect: `true` for those of the host that the request names, whatever the port; `false` for all;
 * a list of origins; or a function. In a list, `https://example.com` is that origin, `//example.com` that host by any
 * scheme and port, and `//*.example.com` any host below it.
 *
 * @example
 * const checkOrigin: CheckOrigin = ["https://example.com", "//*.example.org"];
 */
export type CheckOrigin =
  | boolean
  | readonly string[]
  | ((origin: string, request: IncomingMessage) => Promised<boolean>);

/** Whether the page that the request comes from may connect. */
export function isOriginAllowed(check: CheckOrigin, request: IncomingMessage): Promised<boolean> {
  const { origin, host } = request.headers;
  if (origin === undefined || check === false) return true;
  if (typeof check === "function") return check(origin, request);
  const from = urlOf(origin);
  if (from === undefined) return false;
  if (check !== true) return check.some((allowed) => matches(from, allowed));
  return host !== undefined && from.hostname === urlOf(`http://${host}`)?.hostname;
}

/** Whether it can be an entry of a list. */
export function isOriginPattern(text: unknown): boolean {
  return typeof text === "string" && PATTERN.test(text);
}

const PATTERN = /^(?:([a-z][a-z0-9+.-]*):)?\/\/(\*\.)?([^/*:]+|\[[^\]]+\])(?::(\d+))?$/i;

function matches(from: URL, allowed: string): boolean {
  const [, scheme, wildcard, host = "", port] = PATTERN.exec(allowed) ?? [];
  if (scheme !== undefined && from.protocol !== `${scheme.toLowerCase()}:`) return false;
  const name = host.toLowerCase();
  const isHost = wildcard === undefined ? from.hostname === name : from.hostname.endsWith(`.${name}`);
  if (!isHost) return false;
  if (port !== undefined) return port === (from.port || DEFAULT_PORTS[from.protocol]);
  return scheme === undefined || from.port === "";
}

const DEFAULT_PORTS: { readonly [protocol: string]: string } = { "http:": "80", "https:": "443" };

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
