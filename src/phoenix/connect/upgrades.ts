import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { checkArgument, hasMethods } from "../../checks/check-argument.ts";
import type { Clock } from "../../time/clock.ts";
import { isWellEncoded, requestUrl } from "./request-url.ts";

/**
 * A server of `node:http` or `node:https`.
 *
 * @example
 * const server: UpgradableServer = createServer();
 */
export interface UpgradableServer {
  on(event: "upgrade", listener: UpgradeListener): unknown;
  off(event: "upgrade", listener: UpgradeListener): unknown;
  listenerCount(event: "upgrade" | "request"): number;
  emit(event: string | symbol, ...given: unknown[]): boolean;
}

/**
 * A listener for upgrade requests, as a server of `node:http` calls it.
 *
 * @example
 * const listener: UpgradeListener = (_request, connection) => connection.destroy();
 */
export type UpgradeListener = (request: IncomingMessage, connection: Duplex, head: Buffer) => void;

/** How an endpoint answers the upgrade requests of a path. */
export interface Mount {
  readonly answer: UpgradeListener;
  readonly clock: Clock;
  /** How long the other listeners of the server may take for the requests that are for none of our paths. */
  readonly connectTimeoutMs: number;
}

/** The paths of each server. A server has one listener of ours, which knows whether any endpoint handles a path. */
const mounts = new WeakMap<UpgradableServer, Map<string, Mount>>();

/** Calls `answer` for the upgrade requests of a path. Returns a function that stops it, or `undefined` if the path is taken. */
export function mount(server: UpgradableServer, path: string, mounted: Mount): (() => void) | undefined {
  const paths = mounts.get(server) ?? new Map<string, Mount>();
  if (paths.has(path)) return undefined;
  paths.set(path, mounted);
  if (!mounts.has(server)) {
    mounts.set(server, paths);
    server.on("upgrade", (request, connection, head) => {
      const { pathname } = requestUrl(request);
      const found = paths.get(pathname);
      if (found !== undefined) found.answer(request, connection, head);
      // If the server has other listeners, one of them may handle this path.
      else if (server.listenerCount("upgrade") === 1) refuse(connection, statusOf(pathname));
      else refuseUnanswered(connection, statusOf(pathname), mounted);
    });
  }
  return () => void paths.delete(path);
}

/**
 * Refuses a connection that no other listener of the server has taken in time. A listener that takes a connection writes to it, or
 * listens to it while it decides. Otherwise the connection would stay open for ever: nothing reads from it, so nothing notices its end.
 */
function refuseUnanswered(connection: MaybeSocket, status: number, { clock, connectTimeoutMs }: Mount): void {
  const written = connection.bytesWritten;
  const cancel = clock.setTimer(() => {
    const isTaken = connection.bytesWritten !== written || isRead(connection);
    if (!isTaken && connection.writable) refuse(connection, status);
  }, connectTimeoutMs);
  connection.once("close", cancel);
}

type MaybeSocket = Duplex & { readonly bytesWritten?: number; readonly encrypted?: boolean };

/** Whether anyone but Node listens to the connection. On one with TLS, Node itself has a listener for errors. */
function isRead(connection: MaybeSocket): boolean {
  const [data, readable, error] = ["data", "readable", "error"].map((event) =>
    connection.listenerCount(event),
  );
  return data! + readable! + error! > (connection.encrypted === true ? 1 : 0);
}

/** As the router of Phoenix, which refuses a path that it can't decode. */
function statusOf(pathname: string): number {
  return isWellEncoded(pathname) ? 404 : 400;
}

/** Answers with this status and no body, and closes the connection. */
export function refuse(connection: Duplex, status: number): void {
  connection.on("error", () => connection.destroy());
  connection.once("finish", () => connection.destroy());
  connection.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}

/** @throws {InvalidArgumentError} */
export function assertServer(server: UpgradableServer): void {
  const advice = "Pass what createServer of node:http returns, or what the listen of your framework returns.";
  checkArgument(
    "server",
    server,
    hasMethods(server, "on", "off", "listenerCount", "emit"),
    "an HTTP server",
    advice,
  );
}

/** @throws {InvalidArgumentError} */
export function assertPath(path: string): void {
  const isPath = typeof path === "string" && /^(\/[^/?#]+)+$/.test(path);
  const allowed = 'the path of the socket, with a slash at its beginning and none at its end, as "/socket"';
  checkArgument("path", path, isPath, allowed);
}
