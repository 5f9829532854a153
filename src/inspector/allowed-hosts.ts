import type { IncomingMessage } from "node:http";
import { isIP, isIPv6 } from "node:net";
import { hostname } from "node:os";

/** A host name, or `*.` and a domain for all names below it. */
const NAME = /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i;

/** Whether a host is a name, which does not need to exist. */
export function isName(host: string): boolean {
  return NAME.test(host) && !host.startsWith("*");
}

/** Whether an entry of `allowedHosts` is the name of a host, without a scheme, a port or a path. */
export function isHostEntry(entry: unknown): entry is string {
  return typeof entry === "string" && NAME.test(entry);
}

/**
 * Returns a function that tells whether a host may read the inspector. It always admits the names of this machine and
 * IP addresses: a page of a stranger can point its own name at this server (DNS rebinding), but not these.
 */
export function hostCheck(allowedHosts: readonly string[]): (host: string | undefined) => boolean {
  const allowed = ["localhost", "*.localhost", hostname(), ...allowedHosts].map((name) => name.toLowerCase());
  return (host) => {
    const name = host === undefined ? undefined : nameOf(host);
    return (
      name !== undefined &&
      (isAddress(name) || (isName(name) && allowed.some((entry) => matches(entry, name))))
    );
  };
}

/**
 * The host that a request names: the header `Host`, or its successor in HTTP/2. `X-Forwarded-Host` does not count, because
 * the page of a stranger can set it.
 */
export function hostOf({ headers }: IncomingMessage): string | undefined {
  return headers.host ?? (headers[":authority"] as string | undefined);
}

/** The name without its port, in lower case. A final dot, as in `localhost.`, means the same name. */
function nameOf(host: string): string | undefined {
  const [, name] = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(host.trim()) ?? [];
  return name?.toLowerCase().replace(/\.$/, "");
}

function isAddress(name: string): boolean {
  return name.startsWith("[") ? isIPv6(name.slice(1, -1)) : isIP(name) === 4;
}

function matches(entry: string, name: string): boolean {
  if (!entry.startsWith("*.")) return name === entry;
  return name.endsWith(entry.slice(1)) && name.length >= entry.length;
}
