import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { answerRoomProcess, ROOM, type RoomOptions } from "./room-process.ts";

type Presences = Record<string, { readonly metas: readonly object[] }>;

const WINDOW_MS = 50;

/**
 * The baseline: the least that a server can do for the same clients, with bare `ws` and one object of presences. Per window it
 * encodes one diff, and one state for all new clients. It refuses nothing and checks nothing.
 */
export async function serveBareRoom({ crowd }: RoomOptions): Promise<void> {
  const present: Presences = {};
  let refs = 0;
  const meta = (content: object): object => ({ ...content, phx_ref: `twelve-chars.${++refs}` });
  for (let index = 0; index < crowd; index++) present[`guest${index}`] = { metas: [meta({ name: "guest" })] };
  const [clients, newClients] = [new Set<WebSocket>(), new Set<WebSocket>()];
  let [joins, leaves]: [Presences, Presences] = [{}, {}];
  let isFlushScheduled = false;

  function encode(event: string, payload: object): Buffer {
    return Buffer.from(JSON.stringify([null, null, ROOM, event, payload]));
  }

  function flush(): void {
    isFlushScheduled = false;
    const diff = encode("presence_diff", { joins, leaves });
    for (const client of clients) client.send(diff, { binary: false });
    const state = newClients.size > 0 ? encode("presence_state", present) : diff;
    for (const client of newClients) {
      client.send(state, { binary: false });
      clients.add(client);
    }
    newClients.clear();
    [joins, leaves] = [{}, {}];
  }

  function put(user: string, content: object): void {
    if (present[user] !== undefined) leaves[user] ??= present[user];
    joins[user] = present[user] = { metas: [meta(content)] };
    if (!isFlushScheduled) setTimeout(flush, WINDOW_MS);
    isFlushScheduled = true;
  }

  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    backlog: 4_096,
    perMessageDeflate: false,
  });
  server.on("connection", (socket: WebSocket, { url }: IncomingMessage) => {
    const user = new URL(url!, "ws://host").searchParams.get("user")!;
    socket.on("message", (data: Buffer) => {
      const [joinRef, ref, topic, event, payload] = JSON.parse(data.toString()) as [
        ...[unknown, unknown, unknown, string, object],
      ];
      socket.send(JSON.stringify([joinRef, ref, topic, "phx_reply", { response: {}, status: "ok" }]));
      if (event === "update") put(user, payload);
      if (event !== "phx_join") return;
      clients.delete(socket);
      newClients.add(socket);
      put(user, {});
    });
  });
  await once(server, "listening");
  answerRoomProcess((server.address() as AddressInfo).port);
}
