import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/**
 * A server of `node:http` or `node:https`.
 *
 * @example
 * const server: UpgradableServer = createServer();
 */
export interface UpgradableServer {
  on(event: "upgrade", listener: UpgradeListener): unknown;
  off(event: "upgrade", listener: UpgradeListener): unknown;
  listenerCount(event: "upgrade"): number;
}

/**
 * Gets a request to speak another protocol.
 *
 * @example
 * const listener: UpgradeListener = (_request, connection) => connection.destroy();
 */
export type UpgradeListener = (request: IncomingMessage, connection: Duplex, head: Buffer) => void;

/** Who answers which path of each server: one listener, that knows when nobody does. */
const mounts = new WeakMap<UpgradableServer, Map<string, UpgradeListener>>();

/** Has requests for this path answered; returns what ends that. `undefined` when the path is taken. */
export function mount(
  server: UpgradableServer,
  path: string,
  answer: UpgradeListener,
): (() => void) | undefined {
  const answers = mounts.get(server) ?? new Map<string, UpgradeListener>();
  if (answers.has(path)) return undefined;
  answers.set(path, answer);
  if (!mounts.has(server)) {
    mounts.set(server, answers);
    server.on("upgrade", (request, connection, head) => {
      const { pathname } = requestUrl(request) ?? {};
      const found = pathname === undefined ? undefined : answers.get(pathname);
      if (found !== undefined) found(request, connection, head);
      // Where others listen too, it may be theirs.
      else if (server.listenerCount("upgrade") === 1) refuse(connection, "404 Not Found");
    });
  }
  return () => void answers.delete(path);
}

/** The address that was asked for, unless it makes no sense. */
export function requestUrl({ url = "" }: IncomingMessage): URL | undefined {
  return url.startsWith("/") && URL.canParse(`http://host${url}`) ? new URL(`http://host${url}`) : undefined;
}

/** Answers with this status, and nothing more. */
export function refuse(connection: Duplex, status: string): void {
  connection.on("error", () => connection.destroy());
  connection.once("finish", () => connection.destroy());
  connection.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
