/**
 * The property under which an owner names the connection that it belongs to. The channels of one Phoenix socket are owners of their
 * own, and what limits an owner must limit all of them together. A registered symbol, as a process may hold two copies of this package.
 */
export const CONNECTION: unique symbol = Symbol.for("rollcall.connection");

/** The connection of an owner, if it names one. */
export function connectionOf(owner: unknown): object | undefined {
  const connection: unknown = (owner as { readonly [CONNECTION]?: unknown })[CONNECTION];
  return typeof connection === "object" && connection !== null ? connection : undefined;
}
