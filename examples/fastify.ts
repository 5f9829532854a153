/**
 * Lists the people in each room, over WebSockets.
 *
 *     npm run example:fastify
 *     PORT=8080 npm run example:fastify
 *
 * How it is built: docs/fastify.md.
 */
import "./support/print-help.ts";

import fastify from "fastify";
import { WebSocketServer } from "ws";
import { createPresence, memoryPubSub } from "../src/index.ts";

// For several processes or machines, pass another pub/sub, such as redisPubSub({ publisher, subscriber }).
const presence = await createPresence({ pubsub: memoryPubSub(), leaveDelayMs: 2_000 });
const app = fastify();

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
<script type="module">
  const namesByRef = new Map(); // a user with two tabs has two refs
  const name = new URLSearchParams(location.search).get("name");
  document.querySelector("form").hidden = Boolean(name);
  if (name) new WebSocket(location.href.replace("http", "ws")).onmessage = ({ data }) => {
    const { event, payload } = JSON.parse(data);
    if (event === "presence_state") namesByRef.clear();
    const { joins, leaves } = event === "presence_state" ? { joins: payload, leaves: {} } : payload;
    for (const { metas } of Object.values(leaves)) for (const { phx_ref } of metas) namesByRef.delete(phx_ref);
    for (const [name, { metas }] of Object.entries(joins)) for (const { phx_ref } of metas) namesByRef.set(phx_ref, name);
    show([...new Set(namesByRef.values())]);
  };
  function show(names) {
    const items = names.map((name) => Object.assign(document.createElement("li"), { textContent: name }));
    document.querySelector("ul").replaceChildren(...items);
  }
</script>`;

app.get("/rooms/:room", (_request, reply) => reply.type("text/html").send(page));
app.get<{ Params: { room: string } }>("/rooms/:room/people", ({ params }) =>
  presence.list(`room:${params.room}`),
);

// Fastify answers the requests of the server, and ws its upgrades.
const webSockets = new WebSocketServer({ server: app.server });
webSockets.on("connection", (socket, request) => {
  // ws closes a client that breaks the protocol. Without a listener, the error would end the process.
  socket.on("error", () => {});
  const [path = "", query] = request.url!.split("?");
  const [, rooms, room] = path.split("/");
  const name = new URLSearchParams(query).get("name");
  if (rooms !== "rooms" || !room || !name) {
    socket.close(1008, "Connect to /rooms/lobby?name=alice");
    return;
  }
  try {
    presence.track(socket, `room:${room}`, name);
  } catch (error) {
    // A client can choose a name that is too long. The error says so.
    socket.close(1008, (error as Error).message.slice(0, 100));
    return;
  }
  presence.subscribe(`room:${room}`, (message) => socket.send(message.json), { owner: socket });
});

const address = await app.listen({ port: Number(process.env["PORT"] ?? 4_400) });
console.log(`process ${process.pid}: ${address.replace(/127\.0\.0\.1|\[::1\]/, "localhost")}/rooms/lobby`);

process.once("SIGTERM", stop).once("SIGINT", stop);

async function stop() {
  await presence.close();
  for (const socket of webSockets.clients) socket.close(1012);
  await app.close();
}
