import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { io } from "socket.io-client";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { waitUntil } from "../../scripts/wait-until.ts";
import { type CountState, PresenceClient, syncCounts } from "../../src/client/index.ts";
import { serveExample } from "./serve-example.ts";
import { shownCode } from "./shown-code.ts";

const root = new URL("../../", import.meta.url);

it.each(["express", "fastify", "socket.io"])(
  "the page of %s shows the whole example, with the imports of a user",
  (name) => {
    const code = readFileSync(new URL(`examples/${name.replace(".", "-")}.ts`, root), "utf8");
    const shown = shownCode(code, "../src/index.ts", "rollcall");
    expect(readFileSync(new URL(`docs/${name}.md`, root), "utf8")).toContain(`\`\`\`ts\n${shown}\`\`\``);
  },
);

it("express counts the open event streams of an article, and shuts down in order", async () => {
  const { origin, stop } = await serveExample("express");
  const alice = await eventStream(`${origin}/articles/7/events`);
  await waitUntil(() => alice.count() === 1, "alice to see herself counted");
  const bob = await eventStream(`${origin}/articles/7/events`);
  await waitUntil(() => alice.count() === 2 && bob.count() === 2, "alice and bob to see two readers");
  expect(await (await fetch(`${origin}/articles/7/readers`)).json()).toEqual({ readers: { count: 2 } });
  expect(await (await fetch(`${origin}/articles/7`)).text()).toContain("EventSource");
  bob.close();
  await waitUntil(() => alice.count() === 1, "alice to be alone again");
  expect(await stop()).toBe(0);
});

it("fastify lists the people in a room, and refuses a client without a valid name", async () => {
  const { origin, stop } = await serveExample("fastify");
  const sockets = origin.replace("http", "ws");
  const client = new PresenceClient();
  const alice = new WebSocket(`${sockets}/rooms/lobby?name=alice`);
  alice.on("message", (data) => client.receive(String(data)));
  const bob = new WebSocket(`${sockets}/rooms/lobby?name=bob`);
  const names = () => client.list((key) => key).join();
  await waitUntil(() => names() === "alice,bob" || names() === "bob,alice", "alice to see both");
  const room = (await (await fetch(`${origin}/rooms/lobby/people`)).json()) as object;
  expect(Object.keys(room).sort()).toEqual(["alice", "bob"]);
  for (const path of ["rooms/lobby", `rooms/lobby?name=${"x".repeat(300)}`]) {
    const [code] = (await once(new WebSocket(`${sockets}/${path}`), "close")) as [number];
    expect(code).toBe(1008);
  }
  bob.close();
  await waitUntil(() => names() === "alice", "bob to be gone");
  expect(await stop()).toBe(0);
});

it("socket.io lists the people in each room, and delivers what they say", async () => {
  const { origin, stop } = await serveExample("socket.io");
  const enter = (user: string) => {
    const socket = io(origin, { auth: { user }, transports: ["websocket"] });
    const clients = new Map(["lobby", "attic"].map((room) => [room, new PresenceClient()]));
    const said: unknown[][] = [];
    for (const event of ["presence_state", "presence_diff"]) {
      socket.on(event, (room, payload) => clients.get(room)!.receive({ event, payload }));
    }
    socket.on("said", (...words) => said.push(words));
    const names = (room: string) =>
      clients
        .get(room)!
        .list((key) => key)
        .sort()
        .join();
    return { socket, said, names };
  };
  const [alice, bob] = [enter("alice"), enter("bob")];
  expect(await alice.socket.emitWithAck("join", "lobby")).toEqual({ ok: true });
  expect(await bob.socket.emitWithAck("join", "lobby")).toEqual({ ok: true });
  await alice.socket.emitWithAck("join", "attic");
  await waitUntil(
    () => alice.names("lobby") === "alice,bob" && bob.names("lobby") === "alice,bob",
    "alice and bob to see each other",
  );
  await waitUntil(() => alice.names("attic") === "alice", "alice to see herself");
  expect(await bob.socket.emitWithAck("join", "lobby")).toMatchObject({ ok: false });
  expect(await bob.socket.emitWithAck("join", { room: "lobby" })).toMatchObject({ ok: false });
  bob.socket.emit("say", "lobby", "hello");
  await waitUntil(() => alice.said.length > 0, "alice to hear bob");
  expect(alice.said).toEqual([["lobby", "bob", "hello"]]);
  bob.socket.emit("leave", "lobby");
  await waitUntil(() => alice.names("lobby") === "alice", "bob to have left");
  await bob.socket.emitWithAck("join", "attic");
  await waitUntil(() => alice.names("attic") === "alice,bob", "bob to be in the attic");
  bob.socket.disconnect();
  await waitUntil(() => alice.names("attic") === "alice", "bob to be gone");
  expect(await stop()).toBe(0);
  alice.socket.disconnect();
});

/** Opens a stream of server-sent events and keeps the counts it delivers. */
async function eventStream(url: string) {
  const [response] = (await once(get(url), "response")) as [IncomingMessage];
  let counts: CountState<"readers"> | undefined;
  let incomplete = "";
  response.setEncoding("utf8").on("data", (text: string) => {
    const events = (incomplete + text).split("\n\n");
    incomplete = events.pop()!;
    for (const data of events) {
      const { event, payload } = JSON.parse(data.replace("data: ", ""));
      counts = event === "presence_state" ? payload : syncCounts(counts, payload);
    }
  });
  response.on("error", () => {});
  return { count: () => counts?.readers.count, close: () => response.destroy() };
}
