import type { IncomingMessage } from "node:http";
import type { Promised } from "../async/promised.ts";

/**
 * Which web pages may connect:
 *
 * - `true`: pages from the host that the request is for, on any port.
 * - `false`: all pages.
 * - A list of origins: `https://example.com` is exactly this origin, `//example.com` is this host with any scheme and port, and
 *   `//*.example.com` is any host below it, with any scheme and port.
 * - A function: called with the Origin header of the request, it returns whether the page may connect.
 *
 * @example
 * const checkOrigin: CheckOrigin = ["https://example.com", "//*.example.org"];
 */
export type CheckOrigin =
  | boolean
  | readonly string[]
  | ((origin: string, request: IncomingMessage) => Promised<boolean>);

/** Whether the page that sent the request may connect. A request without an Origin header is always allowed. */
export function isOriginAllowed(check: CheckOrigin, request: IncomingMessage): Promised<boolean> {
  const { origin, host } = request.headers;
  if (origin === undefined || check === false) return true;
  if (typeof check === "function") return check(origin, request);
  const from = urlOf(origin);
  if (from === undefined) return false;
  if (check !== true) return check.some((allowed) => matches(from, allowed));
  return host !== undefined && from.hostname === urlOf(`http://${host}`)?.hostname;
}

/** Whether a list of origins may contain this text. */
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
