import type { IncomingMessage, ServerResponse } from "node:http";
import { requestUrl } from "./request-url.ts";
import type { UpgradableServer } from "./upgrades.ts";

/**
 * Answers a request, as a listener of `node:http` or a handler of Express does.
 *
 * @example
 * const handler: RequestHandler = (_request, response) => response.end("hello");
 */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

interface Mounts {
  readonly handlers: Map<string, RequestHandler>;
  restore(): void;
}

const mounts = new WeakMap<UpgradableServer, Mounts>();

/**
 * Calls `handler` for the requests to a path of a server, in place of the server's own listeners: these would answer too, with 404 for
 * a path that they do not know. Returns a function that stops it.
 */
export function mountRequests(server: UpgradableServer, path: string, handler: RequestHandler): () => void {
  const { handlers, restore } = mounts.get(server) ?? takeOver(server);
  handlers.set(path, handler);
  return () => {
    // A server without a listener would never answer, and a client would wait for its timeout.
    if (server.listenerCount("request") === 0) handlers.set(path, notFound);
    else handlers.delete(path);
    if (handlers.size === 0) restore();
  };
}

/** A listener could neither come before those that are added later, nor keep a request from the others. So `emit` is replaced. */
function takeOver(server: UpgradableServer): Mounts {
  const handlers = new Map<string, RequestHandler>();
  const hadOwn = Object.hasOwn(server, "emit");
  const { emit } = server;
  function emitOther(this: unknown, event: string | symbol, ...given: unknown[]): boolean {
    const handler = event === "request" ? handlers.get(pathOf(given[0] as IncomingMessage)) : undefined;
    if (handler === undefined) return Reflect.apply(emit, this, [event, ...given]);
    handler(given[0] as IncomingMessage, given[1] as ServerResponse);
    return true;
  }
  server.emit = emitOther;
  const taken = {
    handlers,
    restore() {
      mounts.delete(server);
      // If somebody else has replaced it since, it stays, and passes all requests on.
      if (server.emit !== emitOther) return;
      if (hadOwn) server.emit = emit;
      else Reflect.deleteProperty(server, "emit");
    },
  };
  mounts.set(server, taken);
  return taken;
}

/** The path of a request, without empty segments. */
export function pathOf(request: Pick<IncomingMessage, "url">): string {
  return requestUrl(request).pathname;
}

/** Answers that there is nothing at this path. */
export function notFound(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404, { "content-length": "0" }).end();
}
