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
/** How long an entry of the sorted set counts. A real server would renew it from time to time. */
const ENTRY_TTL_MS = 600_000;

/** How to count the sockets of a room. */
export type CountMethod = "presence" | "fetchSockets" | "zCount";

/** A request to a node: answer once the presence counts `size`, or count `times` times with one method. */
export type CountRequest =
  | { readonly ask: "agree"; readonly size: number }
  | { readonly ask: "count"; readonly method: CountMethod; readonly times: number };

/** A message of a node: its port, once it listens; later the answer to a request. */
export type CountAnswer =
  | { readonly port: number }
  | { readonly agreed: number }
  | { readonly counted: number; readonly microsecondsPerCount: number };

/** Runs a Socket.IO node with the Redis adapter, a presence and a sorted set, until the process is killed. */
export async function runCountNode(redisPort: number): Promise<void> {
  const [store, publisher, subscriber, adapterPublisher, adapterSubscriber] = await Promise.all(
    Array.from({ length: 5 }, () => connect(redisPort)),
  );
  const server = createServer();
  const io = new Server(server, { serveClient: false });
  io.adapter(createAdapter(adapterPublisher, adapterSubscriber));
  const presence = await createPresence({
    pubsub: redisPubSub({ publisher: publisher!, subscriber: subscriber! }),
  });
  const methods: Record<CountMethod, () => number | Promise<number>> = {
    presence: () => presence.count(ROOM, KEY),
    fetchSockets: async () => (await io.in(ROOM).fetchSockets()).length,
    zCount: () => store!.zCount(ROOM, Date.now(), "+inf"),
  };
  io.on("connection", async (socket) => {
    await Promise.all([
      socket.join(ROOM),
      store!.zAdd(ROOM, { value: socket.id, score: Date.now() + ENTRY_TTL_MS }),
    ]);
    presence.track(socket, ROOM, KEY);
  });

  const send = (answer: CountAnswer) => process.send!(answer);
  process.on("message", async (request: CountRequest) => {
    if (request.ask === "agree") {
      await new Promise<void>((resolve) => {
        const compare = () => {
          if (presence.count(ROOM, KEY) === request.size) resolve();
        };
        presence.on("diff", compare);
        compare();
      });
      send({ agreed: request.size });
    } else {
      send(await timeCounts(methods[request.method], request.times));
    }
  });
  server.listen(0, "127.0.0.1", 1_024);
  await once(server, "listening");
  send({ port: (server.address() as AddressInfo).port });
}

async function timeCounts(count: () => number | Promise<number>, times: number): Promise<CountAnswer> {
  let counted = 0;
  const start = performance.now();
  for (let call = 0; call < times; call++) {
    const found = count();
    // Awaiting a plain number would take longer than the count itself.
    counted = typeof found === "number" ? found : await found;
  }
  return { counted, microsecondsPerCount: ((performance.now() - start) * 1_000) / times };
}

async function connect(port: number) {
  return createClient({ socket: { host: "127.0.0.1", port } }).connect();
}
