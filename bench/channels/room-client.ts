import { once } from "node:events";
import { WebSocket } from "ws";
import { type ClientView, type ClientViewKind, createClientView } from "./client-views.ts";
import { ROOM } from "./server-messages.ts";

interface MemberOptions {
  readonly port: number;
  readonly user: string;
  readonly kind: ClientViewKind;
  /** Told when its join is answered. */
  readonly onJoined: () => void;
  /** Told of a state or diff that was taken in. */
  readonly onSync: (member: RoomClient) => void;
  /** Told of what the server broadcasts beside. */
  readonly onNews?: (sentAt: number) => void;
}

type Frame = readonly [joinRef: unknown, ref: unknown, topic: string, event: string, payload: object];

/** A client of the room: a raw socket that parses every frame, and what it makes of it. */
export class RoomClient {
  readonly user: string;
  readonly view: ClientView;
  bytes = 0;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket, { user, kind, onJoined, onSync, onNews }: MemberOptions) {
    this.#socket = socket;
    this.user = user;
    this.view = createClientView(kind);
    socket.on("message", (data: Buffer) => {
      this.bytes += data.length;
      const [, , , event, payload] = JSON.parse(data.toString()) as Frame;
      if (event === "phx_reply") onJoined();
      if (event === "news") onNews?.((payload as { at: number }).at);
      if (event !== "presence_state" && event !== "presence_diff") return;
      this.view.receive(event, payload);
      onSync(this);
    });
  }

  /** Connected, and not yet in the room. */
  static async connect(options: MemberOptions): Promise<RoomClient> {
    const url = `ws://127.0.0.1:${options.port}/socket/websocket?vsn=2.0.0&user=${options.user}`;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, "open");
    return new RoomClient(socket, options);
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

  terminate(): void {
    this.#socket.terminate();
  }
}
