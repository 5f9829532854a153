import { connectionOf } from "./connection-of.ts";

/** The owners of each connection, by their numbers. An owner without a connection takes no place here. */
export class Connections {
  readonly #numbers = new Map<object, Set<number>>();
  readonly #connections = new Map<number, object>();

  /** The owners of a connection that have a presence and have not ended. */
  numbersOf(connection: object): Iterable<number> {
    return this.#numbers.get(connection) ?? [];
  }

  add(owner: unknown, number: number): void {
    const connection = connectionOf(owner);
    if (connection === undefined) return;
    this.#connections.set(number, connection);
    const known = this.#numbers.get(connection);
    if (known === undefined) this.#numbers.set(connection, new Set([number]));
    else known.add(number);
  }

  /** Call it when an owner ends or is released. Pending leaves of an owner that has ended do not count for its connection. */
  remove(number: number): void {
    const connection = this.#connections.get(number);
    if (connection === undefined) return;
    this.#connections.delete(number);
    const numbers = this.#numbers.get(connection);
    numbers?.delete(number);
    if (numbers?.size === 0) this.#numbers.delete(connection);
  }
}
