import { equal, ok } from "node:assert/strict";
import type { ClientViewKind } from "./client-views.ts";
import { RoomClient } from "./room-client.ts";
import type { ServerProcess } from "./server-process.ts";

/** So many connections are opened at once. */
const AT_ONCE = 100;
const PATIENCE_MS = 180_000;

interface PartyOptions {
  readonly server: ServerProcess;
  readonly size: number;
  /** What a member makes of what it gets; `names`, if left out. */
  readonly kind?: ClientViewKind;
  readonly onNews?: (sentAt: number) => void;
}

/** All clients of a room, and whether they agree on how many are in it. */
export class RoomClients {
  clients: RoomClient[] = [];
  #expected = Number.NaN;
  readonly #agreeing = new Set<RoomClient>();
  #agreed: () => void = () => {};
  /** Told when the join of a member is answered. */
  #joined: () => void = () => {};

  /** Everybody is connected, and nobody in the room. */
  static async connect({
    server: { port },
    size,
    kind = "names",
    onNews,
  }: PartyOptions): Promise<RoomClients> {
    const party = new RoomClients();
    const onSync = (member: RoomClient) => party.#look(member);
    const onJoined = () => party.#joined();
    for (let from = 0; from < size; from += AT_ONCE) {
      const numbers = Array.from({ length: Math.min(AT_ONCE, size - from) }, (_, at) => from + at);
      const connecting = numbers.map((number) => {
        const user = `user${String(number).padStart(3, "0")}`;
        return RoomClient.connect({ port, user, kind, onJoined, onSync, ...(onNews && { onNews }) });
      });
      party.clients.push(...(await Promise.all(connecting)));
    }
    return party;
  }

  /** Everybody joins, at most so many at once: the next when a join is answered. Resolves when all see all. */
  async join(atOnce: number = this.clients.length): Promise<void> {
    const agreement = this.waitForCount(this.clients.length);
    const waiting = this.clients.toReversed();
    this.#joined = () => waiting.pop()?.join();
    for (let begun = 0; begun < atOnce; begun++) this.#joined();
    await agreement;
  }

  /** The last of them leave. Resolves when those who stay see only one another. */
  async leave(count: number): Promise<void> {
    const leaving = this.clients.splice(-count);
    const agreement = this.waitForCount(this.clients.length);
    for (const member of leaving) {
      this.#agreeing.delete(member);
      member.leave();
    }
    await agreement;
  }

  /** Resolves when every member sees so many. */
  waitForCount(count: number): Promise<void> {
    this.#expected = count;
    this.#agreeing.clear();
    for (const member of this.clients) if (member.view.size === count) this.#agreeing.add(member);
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => {
        const others = this.clients.filter((member) => !this.#agreeing.has(member));
        const sizes = new Set(others.map(({ view }) => view.size));
        reject(new Error(`${others.length} members still see ${[...sizes]} in place of ${count}`));
      }, PATIENCE_MS);
      this.#agreed = () => {
        if (this.#agreeing.size < this.clients.length) return;
        clearTimeout(patience);
        resolve();
      };
      this.#agreed();
    });
  }

  /** Throws unless every member that knows names knows exactly those of the members. */
  compareNames(): void {
    const expected = this.clients.map(({ user }) => user);
    for (const { view } of this.clients) {
      if (view.names === undefined) continue;
      const names = new Set(view.names);
      equal(names.size, expected.length);
      ok(expected.every((name) => names.has(name)));
    }
  }

  /** Bytes that members were sent since this was last asked, those of WebSocket frames aside. */
  takeBytes(): number {
    let bytes = 0;
    for (const member of this.clients) {
      bytes += member.bytes;
      member.bytes = 0;
    }
    return bytes;
  }

  end(): void {
    for (const member of this.clients) member.terminate();
  }

  #look(member: RoomClient): void {
    if (member.view.size === this.#expected) this.#agreeing.add(member);
    else this.#agreeing.delete(member);
    this.#agreed();
  }
}
