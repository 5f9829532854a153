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
import { answerQuestions } from "./answer-parent.ts";
import { COUNTED, ROOM, type RoomOptions, type ToRoom } from "./server-messages.ts";

interface User {
  readonly user: string;
}

/** Our server, in a process of its own, until that is killed. */
export async function serveRoom({ isCounted }: RoomOptions): Promise<void> {
  const endpoint = await createEndpoint<User>({
    connect: (params) => ({ assigns: { user: params.get("user")! } }),
    maxFrameBytes: 1_000_000,
  });
  endpoint.channel("room:*", isCounted ? await countedChannel() : await listedChannel());
  const server = createServer();
  endpoint.attach(server, { path: "/socket" });
  server.listen(0, "127.0.0.1", 4_096);
  await once(server, "listening");

  process.on("message", (question: ToRoom) => {
    if (question.ask !== "broadcast") return;
    const { count, everyMs, bytes } = question;
    const filling = "x".repeat(bytes);
    let sent = 0;
    const timer = setInterval(() => {
      endpoint.broadcast(ROOM, "news", { at: performance.timeOrigin + performance.now(), filling });
      if (++sent === count) clearInterval(timer);
    }, everyMs);
  });
  answerQuestions((server.address() as AddressInfo).port);
}

const OPTIONS = { pubsub: memoryPubSub(), diffWindowMs: 50 };

async function listedChannel(): Promise<ChannelHandlers<User>> {
  const presence = await createPresence(OPTIONS);
  return presenceChannel({ presence, key: ({ assigns: { user } }) => user, meta });
}

async function countedChannel(): Promise<ChannelHandlers<User>> {
  const presence = await createPresence({ ...OPTIONS, fetch: countOnly(COUNTED) });
  return presenceChannel({ presence, key: () => COUNTED, meta });
}

function meta({ assigns: { user } }: ChannelSocket<User>): Meta {
  return { name: user };
}
