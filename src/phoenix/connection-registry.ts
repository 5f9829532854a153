import type { WebSocket } from "ws";
import type { Connection } from "./connection.ts";

/** The connections of an endpoint, by WebSocket and by id. */
export class ConnectionRegistry {
  /** Each connection, until its WebSocket has closed. */
  readonly #bySocket = new Map<WebSocket, Connection>();
  /** The connections that have not ended. */
  readonly #byId = new Map<string, Set<Connection>>();

  get size(): number {
    return this.#bySocket.size;
  }

  connections(): Connection[] {
    return [...this.#bySocket.values()];
  }

  sockets(): WebSocket[] {
    return [...this.#bySocket.keys()];
  }

  withId(id: string): Connection[] {
    return [...(this.#byId.get(id) ?? [])];
  }

  add(socket: WebSocket, connection: Connection): void {
    this.#bySocket.set(socket, connection);
    socket.once("close", () => this.#bySocket.delete(socket));
    if (connection.id === undefined) return;
    const known = this.#byId.get(connection.id);
    if (known === undefined) this.#byId.set(connection.id, new Set([connection]));
    else known.add(connection);
  }

  /** Removes a connection from its id when it has ended. Its WebSocket may still be closing. */
  removeFromId(connection: Connection): void {
    if (connection.id === undefined) return;
    const known = this.#byId.get(connection.id);
    known?.delete(connection);
    if (known?.size === 0) this.#byId.delete(connection.id);
  }
}
