import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { answerParent } from "./answer-parent.ts";
import { COUNT_KEY, ROOM, type RoomOptions } from "./server-messages.ts";

type Presences = Record<string, { readonly metas: readonly object[] }>;

const WINDOW_MS = 50;

/**
 * The baseline: the least that a server can do for the same clients, with bare `ws` and one object of presences. Per window
 * it encodes one diff, and one state for all new clients. It has one room and one node, refuses nothing, and has no
 * limits: a client that never reads is never cut off.
 */
export async function serveBareWs({ isCounted }: RoomOptions): Promise<void> {
  const present: Presences = {};
  const [clients, newClients] = [new Set<WebSocket>(), new Set<WebSocket>()];
  let [joins, leaves]: [Presences, Presences] = [{}, {}];
  let refs = 0;
  let isFlushScheduled = false;

  function encode(event: string, payload: object): Buffer {
    return Buffer.from(JSON.stringify([null, null, ROOM, event, payload]));
  }

  function projected(presences: Presences): object {
    return isCounted ? { [COUNT_KEY]: { count: Object.keys(presences).length } } : presences;
  }

  function scheduleFlush(): void {
    if (!isFlushScheduled) setTimeout(flush, WINDOW_MS);
    isFlushScheduled = true;
  }

  function flush(): void {
    isFlushScheduled = false;
    const diff = encode("presence_diff", { joins: projected(joins), leaves: projected(leaves) });
    for (const client of clients) client.send(diff, { binary: false });
    const state = newClients.size > 0 ? encode("presence_state", projected(present)) : diff;
    for (const client of newClients) {
      client.send(state, { binary: false });
      clients.add(client);
    }
    newClients.clear();
    [joins, leaves] = [{}, {}];
  }

  function onConnection(socket: WebSocket, { url }: IncomingMessage): void {
    const user = new URL(url!, "ws://host").searchParams.get("user")!;
    socket.on("message", (data: Buffer) => {
      const [joinRef, ref, topic] = JSON.parse(data.toString()) as unknown[];
      socket.send(JSON.stringify([joinRef, ref, topic, "phx_reply", { response: {}, status: "ok" }]));
      // A ref as long as one of rollcall.
      present[user] = joins[user] = { metas: [{ name: user, phx_ref: `twelve-chars.${++refs}` }] };
      newClients.add(socket);
      scheduleFlush();
    });
    socket.once("close", () => {
      if (!clients.delete(socket) && !newClients.delete(socket)) return;
      leaves[user] = present[user]!;
      delete present[user];
      scheduleFlush();
    });
  }

  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    backlog: 4_096,
    perMessageDeflate: false,
  });
  server.on("connection", onConnection);
  await once(server, "listening");
  answerParent((server.address() as AddressInfo).port);
}
