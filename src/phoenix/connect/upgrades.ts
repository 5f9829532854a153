import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { checkArgument, hasMethods } from "../../checks/check-argument.ts";

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
 * A listener for upgrade requests, as a server of `node:http` calls it.
 *
 * @example
 * const listener: UpgradeListener = (_request, connection) => connection.destroy();
 */
export type UpgradeListener = (request: IncomingMessage, connection: Duplex, head: Buffer) => void;

/** The listener for each path of each server. A server has one listener of ours, which knows whether any endpoint handles a path. */
const mounts = new WeakMap<UpgradableServer, Map<string, UpgradeListener>>();

/** Calls `answer` for the upgrade requests of a path. Returns a function that stops it, or `undefined` if the path is taken. */
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
      // If the server has other listeners, one of them may handle this path.
      else if (server.listenerCount("upgrade") === 1) refuse(connection, "404 Not Found");
    });
  }
  return () => void answers.delete(path);
}

/** The URL of a request, with a placeholder for the host; `undefined` for a malformed one. */
export function requestUrl({ url = "" }: IncomingMessage): URL | undefined {
  return url.startsWith("/") && URL.canParse(`http://host${url}`) ? new URL(`http://host${url}`) : undefined;
}

/** Answers with this status and no body, and closes the connection. */
export function refuse(connection: Duplex, status: string): void {
  connection.on("error", () => connection.destroy());
  connection.once("finish", () => connection.destroy());
  connection.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** @throws {InvalidArgumentError} */
export function assertServer(server: UpgradableServer): void {
  const advice = "Pass what createServer of node:http returns, or what the listen of your framework returns.";
  checkArgument("server", server, hasMethods(server, "on", "off", "listenerCount"), "an HTTP server", advice);
}

/** @throws {InvalidArgumentError} */
export function assertPath(path: string): void {
  const isPath = typeof path === "string" && /^(\/[^/?#]+)+$/.test(path);
  const allowed = 'the path of the socket, with a slash at its beginning and none at its end, as "/socket"';
  checkArgument("path", path, isPath, allowed);
}
