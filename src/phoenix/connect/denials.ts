import { describeValue } from "../../checks/describe-value.ts";
import type { Refusal } from "../error-origin.ts";

/** A refusal before the client has a connection. */
export type Denial = Refusal & { readonly status: number };

export const MALFORMED: Denial = {
  reason: "malformed",
  status: 400,
  during: "upgrade",
  message:
    "The URL or the headers of a request to connect are malformed. Check how the client encodes its parameters.",
};

export const REFUSED: Denial = {
  reason: "connect",
  status: 403,
  during: "connect",
  message: "connect refused a client: it returned false, null or nothing. Check what the client sends.",
};

export const DISCONNECTED: Denial = {
  reason: "disconnected",
  status: 403,
  during: "connect",
  message:
    "connect returned an id that was disconnected while connect ran, so the client was refused. If it may connect, it will succeed at " +
    "its next attempt.",
};

export const CLOSING: Denial = {
  reason: "closing",
  status: 503,
  during: "upgrade",
  message: "The endpoint closed before connect had decided. The client connects to another node.",
};

export function foreignOrigin(origin: string | undefined): Denial {
  const message =
    `The Origin header is ${describeValue(origin)}; checkOrigin does not allow it. ` +
    "If the page is yours, add its origin to checkOrigin.";
  return { reason: "origin", status: 403, during: "checkOrigin", message };
}

export function unknownVersion(vsn: string | null): Denial {
  const message = `vsn is ${describeValue(vsn)}; it must be 2.0.x or 1.0.x. Use a client that speaks one of them.`;
  return { reason: "version", status: 403, during: "upgrade", message };
}

export function tooSlow(during: "checkOrigin" | "connect", timeoutMs: number): Denial {
  const message =
    `${during} took more than ${timeoutMs} ms, so the client was refused. Make it faster, or raise connectTimeoutMs. ` +
    "A late result is dropped.";
  return { reason: "timeout", status: 503, during, message };
}

export function overLimit(limit: "maxConnections" | "maxConnectionsPerAddress", allowed: number): Denial {
  if (limit === "maxConnections") {
    const message = `The endpoint has ${allowed} connections, as many as maxConnections allows. Raise it, or start another process.`;
    return { reason: limit, status: 503, during: "upgrade", message };
  }
  const message =
    `An address has ${allowed} connections, as many as maxConnectionsPerAddress allows. Raise it; behind a proxy, say with addressOf ` +
    "where a request comes from.";
  return { reason: limit, status: 429, during: "upgrade", message };
}

/** A function of the caller threw, rejected, or returned something invalid. */
export function failed(error: unknown, during: Refusal["during"]): Denial {
  return { reason: "error", status: 500, during, message: `${during} failed.`, error };
}
