import type { IncomingMessage } from "node:http";
import type { Promised } from "../async/promised.ts";

/**
 * Which web pages may connect:
 *
 * - `true`: pages from the host that the request is for, on any port.
 * - `false`: all pages.
 * - A list of origins: `https://example.com` is exactly this origin, `//example.com` is this host with any scheme and port, and
 *   `//*.example.com` is this host and any host below it, with any scheme and port.
 * - A function: called with the Origin header of the request, it returns whether the page may connect.
 *
 * @example
 * const checkOrigin: CheckOrigin = ["https://example.com", "//*.example.org"];
 */
export type CheckOrigin =
  | boolean
  | readonly string[]
  | ((origin: string, request: IncomingMessage) => Promised<boolean>);

/** Returns whether the page that sent a request may connect. A request without an Origin header is always allowed. */
export function originCheck(check: CheckOrigin): (request: IncomingMessage) => Promised<boolean> {
  const patterns = typeof check === "object" ? check.map((text) => patternOf(text)!) : [];
  return (request) => {
    const { origin, host } = request.headers;
    if (origin === undefined || check === false) return true;
    if (typeof check === "function") return check(origin, request);
    const from = originOf(origin);
    if (from === undefined) return false;
    if (check !== true) return patterns.some((pattern) => matches(from, pattern));
    return host !== undefined && from.host === originOf(`http://${host}`)?.host;
  };
}

/** Whether a list of origins may contain this text. */
export function isOriginPattern(text: unknown): boolean {
  return typeof text === "string" && patternOf(text) !== undefined;
}

interface Origin {
  readonly scheme: string;
  /** In lower case, and in punycode if it has other letters than a to z. */
  readonly host: string;
  readonly port: number | undefined;
}

/** As in the `check_origin` of Phoenix, what a pattern leaves out may be anything. */
interface OriginPattern {
  readonly scheme: string | undefined;
  readonly host: string;
  /** Whether the hosts below it match too. */
  readonly isWildcard: boolean;
  readonly port: number | undefined;
}

/** `Phoenix.Socket.Transport.origin_allowed?`: the scheme, the port and the host must match; `*.` matches the host itself too. */
function matches(from: Origin, { scheme, host, isWildcard, port }: OriginPattern): boolean {
  return (
    (scheme === undefined || scheme === from.scheme) &&
    (port === undefined ? scheme === undefined || from.port === undefined : port === from.port) &&
    (from.host === host || (isWildcard && from.host.endsWith(`.${host}`)))
  );
}

/** A scheme that may be missing, a host with an optional `*.`, a port that may be missing, and at most a slash after it. */
const PATTERN = /^(?:([a-z][a-z0-9+.-]*):)?\/\/(\*\.)?([^/?#@\\*:\s]+|\[[^\]\s]+\])(?::(\d+))?\/?$/i;

function patternOf(text: string): OriginPattern | undefined {
  const [isOrigin, given, wildcard, name = "", digits] = PATTERN.exec(text) ?? [];
  const host = hostOf(name);
  const scheme = given?.toLowerCase();
  const port = digits === undefined ? portOf(scheme) : Number(digits);
  const isValid = isOrigin !== undefined && host !== undefined && (port === undefined || port <= MAX_PORT);
  return isValid ? { scheme, host, isWildcard: wildcard !== undefined, port } : undefined;
}

/** The Origin header of a browser. It is not a pattern: a star in it is no wildcard. */
function originOf(text: string): Origin | undefined {
  const pattern = patternOf(text);
  if (pattern?.scheme === undefined || pattern.isWildcard) return undefined;
  return { scheme: pattern.scheme, host: pattern.host, port: pattern.port };
}

/** Normalises a host as browsers do, which send an Origin in lower case and in punycode. */
function hostOf(name: string): string | undefined {
  const isHost = name !== "" && URL.canParse(`http://${name}`);
  return isHost ? new URL(`http://${name}`).hostname : undefined;
}

/** The default ports that Elixir's `URI` knows, and a browser leaves out. */
function portOf(scheme: string | undefined): number | undefined {
  return scheme === undefined ? undefined : DEFAULT_PORTS.get(scheme);
}

const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ["http", 80],
  ["ws", 80],
  ["https", 443],
  ["wss", 443],
]);

const MAX_PORT = 65_535;
