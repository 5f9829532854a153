import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { answerParent } from "./answer-parent.ts";
import { COUNT_KEY, ROOM, type RoomOptions } from "./server-messages.ts";

type Presences = Record<string, { readonly metas: readonly object[] }>;

const WINDOW_MS = 50;

/**
 * The least that a server can do for the same clients: bare `ws` and one object of who is here. It encodes one diff per
 * window, once, and one state for all who came in it. No rooms, no other node, no refusal, no limit, no end of a client that does not read.
 */
export async function serveBareWs({ isCounted }: RoomOptions): Promise<void> {
  const here: Presences = {};
  const [members, newcomers] = [new Set<WebSocket>(), new Set<WebSocket>()];
  let [joins, leaves]: [Presences, Presences] = [{}, {}];
  let refs = 0;
  let isWaiting = false;

  function encode(event: string, payload: object): Buffer {
    return Buffer.from(JSON.stringify([null, null, ROOM, event, payload]));
  }

  function projected(presences: Presences): object {
    return isCounted ? { [COUNT_KEY]: { count: Object.keys(presences).length } } : presences;
  }

  function wait(): void {
    if (!isWaiting) setTimeout(tell, WINDOW_MS);
    isWaiting = true;
  }

  function tell(): void {
    isWaiting = false;
    const diff = encode("presence_diff", { joins: projected(joins), leaves: projected(leaves) });
    for (const member of members) member.send(diff, { binary: false });
    const state = newcomers.size > 0 ? encode("presence_state", projected(here)) : diff;
    for (const newcomer of newcomers) {
      newcomer.send(state, { binary: false });
      members.add(newcomer);
    }
    newcomers.clear();
    [joins, leaves] = [{}, {}];
  }

  function welcome(socket: WebSocket, { url }: IncomingMessage): void {
    const user = new URL(url!, "ws://host").searchParams.get("user")!;
    socket.on("message", (data: Buffer) => {
      const [joinRef, ref, topic] = JSON.parse(data.toString()) as unknown[];
      socket.send(JSON.stringify([joinRef, ref, topic, "phx_reply", { response: {}, status: "ok" }]));
      // A ref as long as ours.
      here[user] = joins[user] = { metas: [{ name: user, phx_ref: `twelve-chars.${++refs}` }] };
      newcomers.add(socket);
      wait();
    });
    socket.once("close", () => {
      if (!members.delete(socket) && !newcomers.delete(socket)) return;
      leaves[user] = here[user]!;
      delete here[user];
      wait();
    });
  }

  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    backlog: 4_096,
    perMessageDeflate: false,
  });
  server.on("connection", welcome);
  await once(server, "listening");
  answerParent((server.address() as AddressInfo).port);
}
