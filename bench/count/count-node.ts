import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";
import { createPresence } from "../../src/presence/create-presence.ts";
import { redisPubSub } from "../../src/pubsub/redis.ts";

const ROOM = "article:7";
const KEY = "readers";
/** As long as a socket counts in Redis without being written anew; a user's own sweep would keep them up. */
const STANDING_MS = 600_000;

/** The ways to count a room. */
export type CountMethod = "kept" | "fetchSockets" | "zCount";

/** What a node is asked: to say when it knows of so many, or to count so many times in one of the ways. */
export type CountRequest =
  | { readonly ask: "agree"; readonly size: number }
  | { readonly ask: "count"; readonly way: CountMethod; readonly times: number };

/** What it answers: its port, once; and of counts how many it found, and how long one took. */
export type CountAnswer =
  | { readonly port: number }
  | { readonly agreed: number }
  | { readonly counted: number; readonly microseconds: number };

/** A node of Socket.IO over the Redis adapter, with presence and a sorted set beside it, until its process is ended. */
export async function runCountNode(redisPort: number): Promise<void> {
  const [store, publisher, subscriber, adapterPublisher, adapterSubscriber] = await Promise.all(
    Array.from({ length: 5 }, () => connected(redisPort)),
  );
  const server = createServer();
  const io = new Server(server, { serveClient: false });
  io.adapter(createAdapter(adapterPublisher, adapterSubscriber));
  const presence = await createPresence({
    pubsub: redisPubSub({ publisher: publisher!, subscriber: subscriber! }),
  });
  const ways: Record<CountMethod, () => number | Promise<number>> = {
    kept: () => presence.count(ROOM, KEY),
    fetchSockets: async () => (await io.in(ROOM).fetchSockets()).length,
    zCount: () => store!.zCount(ROOM, Date.now(), "+inf"),
  };
  io.on("connection", async (socket) => {
    await Promise.all([
      socket.join(ROOM),
      store!.zAdd(ROOM, { value: socket.id, score: Date.now() + STANDING_MS }),
    ]);
    presence.track(socket, ROOM, KEY);
  });

  const tell = (answer: CountAnswer) => process.send!(answer);
  process.on("message", async (question: CountRequest) => {
    if (question.ask === "agree") {
      await new Promise<void>((resolve) => {
        const look = () => {
          if (presence.count(ROOM, KEY) === question.size) resolve();
        };
        presence.on("diff", look);
        look();
      });
      tell({ agreed: question.size });
    } else {
      tell(await timed(ways[question.way], question.times));
    }
  });
  server.listen(0, "127.0.0.1", 1_024);
  await once(server, "listening");
  tell({ port: (server.address() as AddressInfo).port });
}

async function timed(way: () => number | Promise<number>, times: number): Promise<CountAnswer> {
  let counted = 0;
  const start = performance.now();
  for (let call = 0; call < times; call++) {
    const found = way();
    // To await what is there already would be most of the time.
    counted = typeof found === "number" ? found : await found;
  }
  return { counted, microseconds: ((performance.now() - start) * 1_000) / times };
}

async function connected(port: number) {
  return createClient({ socket: { host: "127.0.0.1", port } }).connect();
}
