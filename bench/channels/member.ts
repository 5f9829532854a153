import { once } from "node:events";
import { WebSocket } from "ws";
import { createCountStore, PresenceClient } from "../../src/client/index.ts";
import { COUNTED, ROOM } from "./room.ts";

interface MemberOptions {
  readonly port: number;
  readonly user: string;
  readonly isCounted: boolean;
  /** Told of a state or diff that was taken in. */
  readonly onSync: (member: Member) => void;
  /** Told of what the server broadcasts beside. */
  readonly onNews?: (sentAt: number) => void;
}

type Frame = readonly [joinRef: unknown, ref: unknown, topic: string, event: string, payload: object];

/** A client of the room: a raw socket, and our client sync over what comes. */
export class Member {
  /** How many it sees in the room. */
  seen = 0;
  bytes = 0;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket, { isCounted, onSync, onNews }: MemberOptions) {
    this.#socket = socket;
    const take = isCounted ? this.#counts() : this.#list();
    socket.on("message", (data: Buffer) => {
      this.bytes += data.length;
      const [, , , event, payload] = JSON.parse(data.toString()) as Frame;
      if (event === "news") onNews?.((payload as { at: number }).at);
      if (event !== "presence_state" && event !== "presence_diff") return;
      take(event, payload);
      onSync(this);
    });
  }

  /** Connected, and not yet in the room. */
  static async connect(options: MemberOptions): Promise<Member> {
    const url = `ws://127.0.0.1:${options.port}/socket/websocket?vsn=2.0.0&user=${options.user}`;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, "open");
    return new Member(socket, options);
  }

  join(): void {
    this.#socket.send(JSON.stringify(["1", "1", ROOM, "phx_join", {}]));
  }

  /** The tab is closed. */
  leave(): void {
    this.#socket.close();
  }

  /** Everything waits in the sockets from now on. */
  stopReading(): void {
    this.#socket.pause();
  }

  end(): void {
    this.#socket.terminate();
  }

  #list(): (event: string, payload: object) => void {
    const client = new PresenceClient();
    client.onJoin((_key, current) => {
      if (current === undefined) this.seen++;
    });
    client.onLeave((_key, current) => {
      if (current.metas.length === 0) this.seen--;
    });
    return (event, payload) => void client.receive({ event, payload });
  }

  #counts(): (event: string, payload: object) => void {
    const store = createCountStore();
    store.subscribe(() => {
      this.seen = store.getSnapshot()?.[COUNTED]?.count ?? 0;
    });
    return (event, payload) => void store.receive({ event, payload });
  }
}
