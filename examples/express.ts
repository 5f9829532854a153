/**
 * Counts the readers of each article, over server-sent events.
 *
 *     npm run example:express
 *     PORT=8080 npm run example:express
 *
 * How it is built: docs/express.md.
 */
import "./support/print-help.ts";

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express from "express";
import { countOnly, createPresence, memoryPubSub } from "../src/index.ts";

// For several processes or machines, pass another pub/sub, such as redisPubSub({ publisher, subscriber }).
const pubsub = memoryPubSub();
const presence = await createPresence({ pubsub, fetch: countOnly("readers"), leaveDelayMs: 2_000 });
const app = express();

// A client can ask for any id. A real application looks the article up.
app.param("id", (_request, response, next, id: string) => {
  if (/^\d{1,6}$/.test(id)) next();
  else response.status(404).send("There is no such article.");
});

app.get("/articles/:id", (_request, response) => {
  response.type("html").send(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>An article</title>
<link rel="icon" href="data:,">
<style>body { max-width: 30rem; margin: 3rem auto; padding: 0 1rem; font: 1.125rem/1.6 system-ui, sans-serif }</style>
<h1>An article</h1>
<p><b id="readers">?</b> reading this now</p>
<script type="module">
  let readers;
  new EventSource(location.pathname + "/events").onmessage = ({ data }) => {
    const { event, payload } = JSON.parse(data);
    if (event === "presence_state") readers = payload.readers.count;
    else readers += payload.joins.readers.count - payload.leaves.readers.count;
    document.querySelector("#readers").textContent = readers;
  };
</script>`);
});

app.get("/articles/:id/events", (request, response) => {
  const topic = `article:${request.params.id}`;
  // The response is the owner. The request ends as soon as its body is read.
  presence.track(response, topic, "readers");
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  presence.subscribe(topic, ({ json }) => response.write(`data: ${json}\n\n`), { owner: response });
});

app.get("/articles/:id/readers", async (request, response) => {
  response.json(await presence.list(`article:${request.params.id}`));
});

const server = app.listen(Number(process.env["PORT"] ?? 4_300));
await once(server, "listening");
console.log(`process ${process.pid}: http://localhost:${(server.address() as AddressInfo).port}/articles/1`);

process.once("SIGTERM", stop).once("SIGINT", stop);

async function stop() {
  await presence.close();
  server.close();
  server.closeAllConnections();
}
