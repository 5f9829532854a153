import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { countOnly, createPresence, type Meta, memoryPubSub } from "../../src/index.ts";
import {
  type ChannelHandlers,
  type ChannelSocket,
  createEndpoint,
  presenceChannel,
} from "../../src/phoenix/index.ts";
import { answerParent } from "./answer-parent.ts";
import { COUNT_KEY, ROOM, type RoomOptions, type ServerRequest } from "./server-messages.ts";

interface User {
  readonly user: string;
}

/** Serves the room with rollcall until the process is killed. */
export async function serveRollcall({ isCounted }: RoomOptions): Promise<void> {
  const endpoint = await createEndpoint<User>({
    connect: (params) => ({ assigns: { user: params.get("user")! } }),
    maxFrameBytes: 1_000_000,
  });
  endpoint.channel("room:*", isCounted ? await countedChannel() : await listedChannel());
  const server = createServer();
  endpoint.attach(server, { path: "/socket" });
  server.listen(0, "127.0.0.1", 4_096);
  await once(server, "listening");

  process.on("message", (request: ServerRequest) => {
    if (request.ask !== "broadcast") return;
    const { count, everyMs, bytes } = request;
    const padding = "x".repeat(bytes);
    let sent = 0;
    const timer = setInterval(() => {
      endpoint.broadcast(ROOM, "news", { at: performance.timeOrigin + performance.now(), padding });
      if (++sent === count) clearInterval(timer);
    }, everyMs);
  });
  answerParent((server.address() as AddressInfo).port);
}

const OPTIONS = { pubsub: memoryPubSub(), diffWindowMs: 50 };

async function listedChannel(): Promise<ChannelHandlers<User>> {
  const presence = await createPresence(OPTIONS);
  return presenceChannel({ presence, key: ({ assigns: { user } }) => user, meta });
}

async function countedChannel(): Promise<ChannelHandlers<User>> {
  const presence = await createPresence({ ...OPTIONS, fetch: countOnly(COUNT_KEY) });
  return presenceChannel({ presence, key: () => COUNT_KEY, meta });
}

function meta({ assigns: { user } }: ChannelSocket<User>): Meta {
  return { name: user };
}
