import { once } from "node:events";
import { WebSocket } from "ws";
import { type ClientView, type ClientViewKind, createClientView } from "./client-views.ts";
import { ROOM } from "./server-messages.ts";

interface RoomClientOptions {
  readonly port: number;
  readonly user: string;
  readonly kind: ClientViewKind;
  /** Called when the server replies to the join. */
  readonly onJoined: () => void;
  /** Called after each state or diff. */
  readonly onSync: (client: RoomClient) => void;
  /** Called with the send time of each broadcast. */
  readonly onBroadcast?: (sentAt: number) => void;
}

type Frame = readonly [joinRef: unknown, ref: unknown, topic: string, event: string, payload: object];

/** A client of the room: a raw socket that parses every frame and feeds a view. */
export class RoomClient {
  readonly user: string;
  readonly view: ClientView;
  bytes = 0;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket, { user, kind, onJoined, onSync, onBroadcast }: RoomClientOptions) {
    this.#socket = socket;
    this.user = user;
    this.view = createClientView(kind);
    socket.on("message", (data: Buffer) => {
      this.bytes += data.length;
      const [, , , event, payload] = JSON.parse(data.toString()) as Frame;
      if (event === "phx_reply") onJoined();
      if (event === "news") onBroadcast?.((payload as { at: number }).at);
      if (event !== "presence_state" && event !== "presence_diff") return;
      this.view.receive(event, payload);
      onSync(this);
    });
  }

  /** Connects without joining the room. */
  static async connect(options: RoomClientOptions): Promise<RoomClient> {
    const url = `ws://127.0.0.1:${options.port}/socket/websocket?vsn=2.0.0&user=${options.user}`;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    await once(socket, "open");
    return new RoomClient(socket, options);
  }

  join(): void {
    this.#socket.send(JSON.stringify(["1", "1", ROOM, "phx_join", {}]));
  }

  /** Closes the socket, as closing a tab does. */
  leave(): void {
    this.#socket.close();
  }

  /** From now on, frames stay in the socket buffers. */
  stopReading(): void {
    this.#socket.pause();
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
