import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import {
  createPresence,
  type Meta,
  memoryPubSub,
  type Presence,
  type PresenceOptions,
} from "../../src/index.ts";
import { presenceChannel } from "../../src/phoenix/index.ts";
import { type ServedEndpoint, serveEndpoint } from "./serve-endpoint.ts";

interface User {
  user: string;
}

interface Rooms extends ServedEndpoint<User> {
  readonly presence: Presence;
}

/** Starts a server with presence rooms, on this port or any free one. `answer` gets the HTTP requests. */
export async function serveRooms(
  port = 0,
  answer?: RequestListener,
  options: Partial<PresenceOptions> = {},
): Promise<Rooms> {
  const server: Server = createServer(answer).listen(port);
  await once(server, "listening");
  const presence = await createPresence({ pubsub: memoryPubSub(), ...options });
  const cast = await serveEndpoint<User>(
    {
      connect: (params) =>
        params.has("user") && { assigns: { user: params.get("user")! }, id: `users:${params.get("user")}` },
    },
    server,
  );
  cast.endpoint.channel(
    "room:*",
    presenceChannel({
      presence,
      join: (_payload, { topic }) =>
        topic === "room:closed" ? { error: { reason: "closed" } } : { ok: { topic } },
      key: ({ assigns }) => assigns.user,
      meta: () => ({ status: "online" }) as Meta,
      handleIn(event, payload, socket) {
        const { topic, assigns } = socket;
        switch (event) {
          case "update":
            presence.update(socket, topic, assigns.user, payload as Meta);
            return { ok: {} };
          case "echo":
            return { ok: payload as object };
          case "shout":
            return socket.broadcast("shouted", payload as Uint8Array);
          default:
            throw new Error("crash");
        }
      },
    }),
  );
  return { ...cast, presence };
}
