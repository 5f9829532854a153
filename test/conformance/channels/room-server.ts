import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Meta } from "../../../src/payload.ts";
import type { Endpoint } from "../../../src/phoenix/endpoint.ts";
import { createEndpoint, type EndpointOptions } from "../../../src/phoenix/index.ts";
import { createPresence } from "../../../src/presence/create-presence.ts";
import type { Presence } from "../../../src/presence/presence.ts";
import type { Fetch } from "../../../src/presence/presence-options.ts";
import { memoryPubSub } from "../../../src/pubsub/memory.ts";
import type { Clock } from "../../../src/time/clock.ts";
import { FETCH_HOOKS } from "../presence/presence-replay.ts";
import { type RoomAssigns, roomChannel } from "./room-channel.ts";

/** The server that the traces were recorded from, written with our API. */
export interface RoomServer {
  readonly port: number;
  readonly presence: Presence<Meta, object>;
  /** The endpoint of `/socket`. */
  readonly endpoint: Endpoint<RoomAssigns>;
  /** The server sockets of all connections, by the port of the client. */
  readonly sockets: ReadonlyMap<number, Socket>;
  close(): Promise<void>;
}

/** Starts the server on this port, or on any free port. */
export async function createRoomServer(clock: Clock, listenPort = 0): Promise<RoomServer> {
  const pubsub = memoryPubSub();
  const presence = await createPresence<Meta, object>({ pubsub, clock, fetch });
  const server = createServer();
  const sockets = new Map<number, Socket>();
  server.on("connection", (socket) => sockets.set(socket.remotePort!, socket));
  const shared: EndpointOptions<RoomAssigns> = { ...COMMON, pubsub, clock };
  const endpoints = await Promise.all(
    Object.entries(PATHS).map(async ([path, options]) => {
      const endpoint = await createEndpoint<RoomAssigns>({ ...shared, ...options });
      endpoint.channel("room:*", roomChannel(presence, clock));
      endpoint.channel("exact", { join: crash });
      return endpoint.attach(server, { path });
    }),
  );
  presence.on("diff", (diff) => {
    for (const [topic, change] of diff)
      for (const endpoint of endpoints) endpoint.broadcast(topic, "presence_diff", change, { local: true });
  });
  server.listen(listenPort, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    presence,
    endpoint: endpoints[0]!,
    sockets,
    async close() {
      await presence.close({ leave: true });
      for (const socket of sockets.values()) socket.destroy();
      await Promise.all(endpoints.map((endpoint) => endpoint.close()));
      server.close();
    },
  };
}

/** The options that differ between the endpoints, by path. */
const PATHS: { readonly [path: string]: EndpointOptions<RoomAssigns> } = {
  "/socket": {},
  "/short": { idleTimeoutMs: 1_500 },
  "/strict": { checkOrigin: ["//example.com"] },
};

const COMMON: EndpointOptions<RoomAssigns> = {
  maxFrameBytes: 1_000_000,
  // The reference has no such limits, and on the clock of a replay all messages arrive in one moment.
  maxMessagesPerSecond: 1_000_000,
  maxPendingMessages: 1_000_000,
  connect(params) {
    const [token, uid] = [params.get("token"), params.get("uid")];
    if (token === "raise") throw new Error("this connect crashes on purpose");
    return token === "bad" ? false : { assigns: {}, id: uid === null ? undefined : `users:${uid}` };
  },
  // Channels crash here on purpose. The replay checks what the client receives.
  onError: () => {},
};

const fetch: Fetch<Meta, object> = (topic, presences) => {
  if (topic.startsWith("room:count")) return FETCH_HOOKS.count(topic, presences);
  return topic.startsWith("room:extend") ? FETCH_HOOKS.extend(topic, presences) : presences;
};

function crash(): never {
  throw new Error("this channel crashes on purpose");
}
