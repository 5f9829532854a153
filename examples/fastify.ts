/** Who is in each room, over WebSockets. docs/fastify.md; `npm run example:fastify`. */
import fastify from "fastify";
import { WebSocketServer } from "ws";
import { createPresence, memoryPubSub } from "../src/index.ts";

// For several processes or machines pass another pub/sub, as redisPubSub({ publisher, subscriber }); nothing else changes.
const presence = await createPresence({ pubsub: memoryPubSub(), leaveDelayMs: 2_000 });
const app = fastify();

app.get<{ Params: { room: string } }>("/rooms/:room", ({ params }) => presence.list(`room:${params.room}`));

// Fastify answers requests, ws the upgrades of the same server.
const webSockets = new WebSocketServer({ server: app.server });
webSockets.on("connection", (socket, request) => {
  const { pathname, searchParams } = new URL(`http://host${request.url}`);
  const [, rooms, room] = pathname.split("/");
  const name = searchParams.get("name");
  if (rooms !== "rooms" || !room || !name) {
    socket.close(1008, "Connect to /rooms/lobby?name=alice");
    return;
  }
  try {
    presence.track(socket, `room:${room}`, name);
  } catch (error) {
    // What a client chose may be too long, and says so.
    socket.close(1008, (error as Error).message.slice(0, 100));
    return;
  }
  const stop = presence.subscribe(`room:${room}`, (message) => socket.send(String(message)));
  socket.once("close", stop);
});

const address = await app.listen({ port: Number(process.env["PORT"] ?? 4_000) });
console.log(`process ${process.pid}: ${address.replace("[::1]", "localhost")}/rooms/lobby`);

process.once("SIGTERM", async () => {
  await presence.close();
  for (const socket of webSockets.clients) socket.close(1012);
  await app.close();
});
