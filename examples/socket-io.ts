/** Who is in each room of Socket.IO, beside its rooms. docs/socket.io.md; `npm run example:socket.io`. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { createPresence, memoryPubSub } from "../src/index.ts";

// For several processes or machines pass another pub/sub, as redisPubSub({ publisher, subscriber }); nothing else changes.
const presence = await createPresence({ pubsub: memoryPubSub(), leaveDelayMs: 2_000 });
const server = createServer();
const io = new Server(server);

io.on("connection", (socket) => {
  const stops = new Map<string, () => void>();

  socket.on("join", (room, answer) => {
    try {
      // The socket is the owner: it leaves all its rooms when it disconnects.
      presence.track(socket, room, socket.handshake.auth["user"], { since: Date.now() });
      stops.set(
        room,
        presence.subscribe(room, ({ event, payload }) => socket.emit(event, room, payload)),
      );
      void socket.join(room);
      answer({ ok: true });
    } catch (error) {
      // As for a room that it has joined already, or one that is no text.
      if (typeof answer === "function") answer({ ok: false, reason: (error as Error).message });
    }
  });

  socket.on("leave", (room) => {
    if (!stops.has(room)) return;
    stops.get(room)!();
    stops.delete(room);
    presence.untrack(socket, room, socket.handshake.auth["user"]);
    void socket.leave(room);
  });

  socket.on("say", (room, text) => {
    if (stops.has(room)) io.to(room).emit("said", room, socket.handshake.auth["user"], String(text));
  });

  socket.on("disconnect", () => {
    for (const stop of stops.values()) stop();
  });
});

server.listen(Number(process.env["PORT"] ?? 4_000));
await once(server, "listening");
console.log(`process ${process.pid}: http://localhost:${(server.address() as AddressInfo).port}`);

process.once("SIGTERM", async () => {
  await presence.close();
  await io.close();
});
