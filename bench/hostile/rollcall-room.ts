import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createPresence, type Meta, memoryPubSub } from "../../src/index.ts";
import { createEndpoint, presenceChannel } from "../../src/phoenix/index.ts";
import { answerRoomProcess, ROOM, type RoomOptions } from "./room-process.ts";

interface User {
  readonly user: string;
}

/** Serves the room with rollcall and its default options until the process is killed. */
export async function serveRollcallRoom({ crowd }: RoomOptions): Promise<void> {
  const presence = await createPresence({ pubsub: memoryPubSub() });
  for (let index = 0; index < crowd; index++)
    presence.track("crowd", ROOM, `guest${index}`, { name: "guest" });
  const endpoint = await createEndpoint<User>({
    connect: (params) => ({ assigns: { user: params.get("user")! } }),
  });
  endpoint.channel(
    "room:*",
    presenceChannel<User>({
      presence,
      key: ({ assigns: { user } }) => user,
      handleIn(event, payload, socket) {
        if (event === "update") presence.update(socket, ROOM, socket.assigns.user, payload as Meta);
        return { ok: {} };
      },
    }),
  );
  const server = createServer();
  endpoint.attach(server, { path: "/socket" });
  server.listen(0, "127.0.0.1", 4_096);
  await once(server, "listening");
  answerRoomProcess((server.address() as AddressInfo).port);
}
