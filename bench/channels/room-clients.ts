import { equal, ok } from "node:assert/strict";
import type { ClientViewKind } from "./client-views.ts";
import { RoomClient } from "./room-client.ts";
import type { ServerProcess } from "./server-process.ts";

/** Connections opened at the same time. */
const CONNECT_BATCH = 100;
const TIMEOUT_MS = 180_000;

interface RoomClientsOptions {
  readonly server: ServerProcess;
  readonly size: number;
  /** Default `names`. */
  readonly kind?: ClientViewKind;
  readonly onBroadcast?: (sentAt: number) => void;
}

/** All clients of a room. They agree when every view has the expected count. */
export class RoomClients {
  clients: RoomClient[] = [];
  #expected = Number.NaN;
  readonly #agreeing = new Set<RoomClient>();
  #onAgreement: () => void = () => {};
  /** Called when the server replies to a join. */
  #onJoined: () => void = () => {};

  /** Connects all clients; none of them joins the room yet. */
  static async connect({
    server: { port },
    size,
    kind = "names",
    onBroadcast,
  }: RoomClientsOptions): Promise<RoomClients> {
    const room = new RoomClients();
    const onSync = (client: RoomClient) => room.#onSync(client);
    const onJoined = () => room.#onJoined();
    for (let from = 0; from < size; from += CONNECT_BATCH) {
      const numbers = Array.from({ length: Math.min(CONNECT_BATCH, size - from) }, (_, at) => from + at);
      const connecting = numbers.map((number) => {
        const user = `user${String(number).padStart(3, "0")}`;
        return RoomClient.connect({
          port,
          user,
          kind,
          onJoined,
          onSync,
          ...(onBroadcast && { onBroadcast }),
        });
      });
      room.clients.push(...(await Promise.all(connecting)));
    }
    return room;
  }

  /** All clients join, with at most `atOnce` joins pending. Resolves when every client sees all of them. */
  async join(atOnce: number = this.clients.length): Promise<void> {
    const agreement = this.waitForCount(this.clients.length);
    const queue = this.clients.toReversed();
    this.#onJoined = () => queue.pop()?.join();
    for (let pending = 0; pending < atOnce; pending++) this.#onJoined();
    await agreement;
  }

  /** The last `count` clients leave. Resolves when the others see only each other. */
  async leave(count: number): Promise<void> {
    const leaving = this.clients.splice(-count);
    const agreement = this.waitForCount(this.clients.length);
    for (const client of leaving) {
      this.#agreeing.delete(client);
      client.leave();
    }
    await agreement;
  }

  /** Resolves when every client sees `count` users. */
  waitForCount(count: number): Promise<void> {
    this.#expected = count;
    this.#agreeing.clear();
    for (const client of this.clients) if (client.view.size === count) this.#agreeing.add(client);
    return new Promise((resolve, reject) => {
      const timeout = setTimeout(() => {
        const others = this.clients.filter((client) => !this.#agreeing.has(client));
        const sizes = new Set(others.map(({ view }) => view.size));
        reject(
          new Error(
            `after ${TIMEOUT_MS} ms, ${others.length} clients see ${[...sizes].join(" or ")} users instead of ${count}`,
          ),
        );
      }, TIMEOUT_MS);
      this.#onAgreement = () => {
        if (this.#agreeing.size < this.clients.length) return;
        clearTimeout(timeout);
        resolve();
      };
      this.#onAgreement();
    });
  }

  /** Throws unless every view with names has exactly the names of these clients. */
  compareNames(): void {
    const expected = this.clients.map(({ user }) => user);
    for (const { view } of this.clients) {
      if (view.names === undefined) continue;
      const names = new Set(view.names);
      equal(names.size, expected.length);
      ok(expected.every((name) => names.has(name)));
    }
  }

  /** Bytes received since the last call, without WebSocket headers. */
  takeBytes(): number {
    let bytes = 0;
    for (const client of this.clients) {
      bytes += client.bytes;
      client.bytes = 0;
    }
    return bytes;
  }

  terminate(): void {
    for (const client of this.clients) client.terminate();
  }

  #onSync(client: RoomClient): void {
    if (client.view.size === this.#expected) this.#agreeing.add(client);
    else this.#agreeing.delete(client);
    this.#onAgreement();
  }
}
