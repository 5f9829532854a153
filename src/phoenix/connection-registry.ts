import type { Connection } from "./connection.ts";

/** The connections of an endpoint, also by id. */
export class ConnectionRegistry {
  /** Each connection, until its transport has closed. */
  readonly #open = new Set<Connection>();
  /** The connections that have not ended. */
  readonly #byId = new Map<string, Set<Connection>>();
  readonly #whenEmpty: (() => void)[] = [];

  get size(): number {
    return this.#open.size;
  }

  connections(): Connection[] {
    return [...this.#open];
  }

  withId(id: string): Connection[] {
    return [...(this.#byId.get(id) ?? [])];
  }

  add(connection: Connection): void {
    this.#open.add(connection);
    if (connection.id === undefined) return;
    const known = this.#byId.get(connection.id);
    if (known === undefined) this.#byId.set(connection.id, new Set([connection]));
    else known.add(connection);
  }

  /** Removes a connection from its id when it has ended. Its transport may still be closing. */
  removeFromId(connection: Connection): void {
    if (connection.id === undefined) return;
    const known = this.#byId.get(connection.id);
    known?.delete(connection);
    if (known?.size === 0) this.#byId.delete(connection.id);
  }

  /** Removes a connection whose transport has closed. */
  remove(connection: Connection): void {
    this.#open.delete(connection);
    if (this.#open.size > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  /** Resolves when all connections have closed. */
  async empty(): Promise<void> {
    if (this.#open.size > 0) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }
}
