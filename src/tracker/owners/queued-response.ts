/** The members of a response of HTTP/1. A class check would fail for other libraries and realms. */
interface ResponseShape {
  readonly statusCode?: unknown;
  readonly socket?: unknown;
  readonly req?: { readonly socket?: Connection };
}

interface Connection {
  readonly destroyed?: unknown;
  once(event: "close", listener: () => void): unknown;
}

/** By connection: one listener for all of its responses, as a client may send hundreds of requests at once. */
const waiting = new WeakMap<Connection, Set<() => void>>();

/**
 * Watches the connection of a response that waits for its turn behind another response. Node emits `close` on a response only
 * while it has its turn, so a client that sends several requests at once and leaves would otherwise be present for ever. Does
 * nothing for any other owner.
 */
export function watchQueuedResponse(owner: object, listener: () => void): void {
  const connection = connectionOfQueued(owner);
  if (connection === undefined) return;
  let listeners = waiting.get(connection);
  if (listeners === undefined) {
    const added = new Set<() => void>();
    listeners = added;
    waiting.set(connection, added);
    connection.once("close", () => {
      for (const each of [...added]) each();
    });
  }
  listeners.add(listener);
}

/** Undoes `watchQueuedResponse`, also after the response has had its turn. */
export function unwatchQueuedResponse(owner: object, listener: () => void): void {
  const connection = (owner as ResponseShape).req?.socket;
  if (connection !== undefined) waiting.get(connection)?.delete(listener);
}

/** Whether the connection of a response has ended before its turn. */
export function isQueuedInVain(owner: object): boolean {
  return connectionOfQueued(owner)?.destroyed === true;
}

function connectionOfQueued(owner: object): Connection | undefined {
  const { statusCode, socket, req } = owner as ResponseShape;
  return typeof statusCode === "number" && socket === null ? req?.socket : undefined;
}
