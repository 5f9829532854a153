/**
 * Lists the people in each room of Socket.IO.
 *
 *     npm run example:socket.io
 *     PORT=8080 npm run example:socket.io
 *
 * How it is built: docs/socket.io.md.
 */
import "./support/print-help.ts";

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { createPresence, memoryPubSub, type Subscription } from "../src/index.ts";

// For several processes or machines, pass another pub/sub, such as redisPubSub({ publisher, subscriber }).
const presence = await createPresence({ pubsub: memoryPubSub(), leaveDelayMs: 2_000 });
const server = createServer((_request, response) => {
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
});
const io = new Server(server);

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Who is here?</title>
<link rel="icon" href="data:,">
<style>
  body { max-width: 30rem; margin: 3rem auto; padding: 0 1rem; font: 1.125rem/1.6 system-ui, sans-serif }
  form { display: flex; flex-wrap: wrap; gap: 0.5rem }
  form[hidden] { display: none }
  input, button { font: inherit; padding: 0.25rem 0.75rem }
</style>
<h1>Who is here?</h1>
<ul></ul>
<form>
  <label>Your name <input name="name" required maxlength="40" autocomplete="nickname"></label>
  <button>Join</button>
</form>
<script src="/socket.io/socket.io.js"></script>
<script type="module">
  const namesByRef = new Map(); // a user with two tabs has two refs
  const user = new URLSearchParams(location.search).get("name");
  document.querySelector("form").hidden = Boolean(user);
  if (user) {
    const socket = io({ auth: { user } });
    socket.on("connect", () => socket.emit("join", "lobby", ({ ok, reason }) => ok || show([reason])));
    for (const event of ["presence_state", "presence_diff"]) socket.on(event, (_room, payload) => receive(event, payload));
  }
  function receive(event, payload) {
    if (event === "presence_state") namesByRef.clear();
    const { joins, leaves } = event === "presence_state" ? { joins: payload, leaves: {} } : payload;
    for (const { metas } of Object.values(leaves)) for (const { phx_ref } of metas) namesByRef.delete(phx_ref);
    for (const [name, { metas }] of Object.entries(joins)) for (const { phx_ref } of metas) namesByRef.set(phx_ref, name);
    show([...new Set(namesByRef.values())]);
  }
  function show(names) {
    const items = names.map((name) => Object.assign(document.createElement("li"), { textContent: name }));
    document.querySelector("ul").replaceChildren(...items);
  }
</script>`;

io.on("connection", (socket) => {
  // A client can send anything, so every value is checked. A real application takes the user from a session.
  const user: unknown = socket.handshake.auth?.["user"];
  if (typeof user !== "string") {
    socket.disconnect();
    return;
  }
  const rooms = new Map<string, Subscription>();

  socket.on("join", (room, answer) => {
    try {
      // The socket is the owner: it leaves all its rooms when it disconnects.
      presence.track(socket, room, user, { since: Date.now() });
      rooms.set(
        room,
        presence.subscribe(room, ({ event, payload }) => socket.emit(event, room, payload), {
          owner: socket,
        }),
      );
      void socket.join(room);
      answer({ ok: true });
    } catch (error) {
      // For example, the socket has joined this room already, or the room is not a string.
      if (typeof answer === "function") answer({ ok: false, reason: (error as Error).message });
    }
  });

  socket.on("leave", (room) => {
    if (!rooms.has(room)) return;
    rooms.get(room)!.unsubscribe();
    rooms.delete(room);
    presence.untrack(socket, room, user);
    void socket.leave(room);
  });

  socket.on("say", (room, text) => {
    if (rooms.has(room) && typeof text === "string") io.to(room).emit("said", room, user, text);
  });
});

server.listen(Number(process.env["PORT"] ?? 4_500));
await once(server, "listening");
console.log(`process ${process.pid}: http://localhost:${(server.address() as AddressInfo).port}`);

process.once("SIGTERM", stop).once("SIGINT", stop);

async function stop() {
  await presence.close();
  await io.close();
}
