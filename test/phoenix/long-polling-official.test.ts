import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "phoenix";
import * as phoenix18 from "phoenix";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { waitUntil } from "../../scripts/wait-until.ts";
import { createPresence, memoryPubSub } from "../../src/index.ts";
import { authTokenOf, presenceChannel } from "../../src/phoenix/index.ts";
import { join, type Member } from "./official-client.ts";
import { pushAndWait } from "./official-member.ts";
import { serveEndpoint } from "./serve-endpoint.ts";
import { serveRooms } from "./serve-rooms.ts";
import { provideXmlHttpRequest } from "./xml-http-request.ts";

// Loaded after the imports, which prepare the globals that it looks for.
const phoenix17 = await import("phoenix-1.7.23");

const clients = [
  ["1.8.16", phoenix18],
  ["1.7.23", phoenix17],
] as const;

describe.each(clients)("the official client %s, which polls,", (version, { Socket, LongPoll }) => {
  beforeAll(() => provideXmlHttpRequest(version.startsWith("1.7.")));

  /** Opens a socket of the official client. It closes when the test ends. */
  function poller(port: number, params: object, options: object = {}): Socket {
    const socket = new Socket(`http://localhost:${port}/socket`, {
      params,
      transport: LongPoll as never,
      reconnectAfterMs: () => 10,
      rejoinAfterMs: () => 10,
      ...options,
    });
    onTestFinished(() => socket.disconnect());
    socket.connect();
    return socket;
  }

  function members(port: number, ...users: string[]): Member[] {
    return users.map((user) => join(poller(port, { user }), "room:lobby"));
  }

  const isPolling = (socket: Socket) =>
    (socket as unknown as { conn: unknown }).conn instanceof (LongPoll as never);

  it("sees joins, a second tab, updates, leaves and repeated joins", async () => {
    const { port } = await serveRooms();
    const [alice] = members(port, "alice");
    await alice!.sees("alice");
    const [bob, tab] = members(port, "bob", "bob");
    for (const one of [alice!, bob!, tab!]) await one.sees("alice", "bob", "bob");
    expect(alice!.joins).toEqual([{ topic: "room:lobby" }]);
    expect(await pushAndWait(tab!.channel, "update", { status: "away" })).toEqual(["ok", {}]);
    const statuses = () => alice!.presence.state["bob"]?.metas.map((meta) => meta["status"]).sort();
    await waitUntil(() => String(statuses()) === "away,online", "bob to be away in one tab");
    tab!.channel.leave();
    for (const one of [alice!, bob!]) await one.sees("alice", "bob");
    bob!.channel.leave();
    await alice!.sees("alice");
    const again = join(bob!.socket, "room:lobby");
    for (const one of [alice!, again]) await one.sees("alice", "bob");
    for (const one of [alice!, bob!, tab!, again]) expect(one.compared).toBeGreaterThan(0);
  });

  it("pushes many messages at once, in order, and sends bytes", async () => {
    const { port } = await serveRooms();
    const [alice] = members(port, "alice");
    await alice!.sees("alice");
    const numbers = Array.from({ length: 250 }, (_, n) => n);
    const replies = await Promise.all(numbers.map((n) => pushAndWait(alice!.channel, "echo", { n })));
    expect(replies).toEqual(numbers.map((n) => ["ok", { n }]));
    // The reply would be bytes, which a client that polls can't get: its channel crashes, and it joins again.
    alice!.channel.push("echo", new Uint8Array([0, 1, 255]).buffer);
    await waitUntil(() => alice!.joins.length === 2, "alice to have joined again");
    await alice!.sees("alice");
  });

  it("sees those with a WebSocket, and they see it", async () => {
    const { port } = await serveRooms();
    const [alice] = members(port, "alice");
    const socket = new Socket(`ws://localhost:${port}/socket`, {
      ...{ params: { user: "bob" }, transport: WebSocket as never },
    });
    onTestFinished(() => socket.disconnect());
    socket.connect();
    const bob = join(socket, "room:lobby");
    for (const one of [alice!, bob]) await one.sees("alice", "bob");
  });

  it("joins again after 410, when the server disconnects its id", async () => {
    const { port, endpoint } = await serveRooms();
    const [alice, bob] = members(port, "alice", "bob");
    for (const one of [alice!, bob!]) await one.sees("alice", "bob");
    for (let round = 2; round <= 3; round++) {
      endpoint.disconnect("users:bob");
      await waitUntil(() => bob!.joins.length === round, "bob to be back");
      for (const one of [alice!, bob!]) await one.sees("alice", "bob");
    }
    expect(alice!.joins).toHaveLength(1);
  });

  it("joins again when the server has restarted", async () => {
    const first = await serveRooms();
    const both = members(first.port, "alice", "bob");
    for (const one of both) await one.sees("alice", "bob");
    await first.presence.close();
    await first.endpoint.close();
    first.server.closeAllConnections();
    first.server.close();
    await once(first.server, "close");
    await serveRooms(first.port);
    await waitUntil(() => both.every(({ joins }) => joins.length === 2), "both to be back");
    for (const one of both) await one.sees("alice", "bob");
  });

  it("joins again after its channel crashed, and gets the reason why it may not join", async () => {
    const { port } = await serveRooms();
    const [alice, bob] = members(port, "alice", "bob");
    for (const one of [alice!, bob!]) await one.sees("alice", "bob");
    bob!.channel.push("boom", {});
    await waitUntil(() => bob!.joins.length === 2, "bob to have joined again");
    for (const one of [alice!, bob!]) await one.sees("alice", "bob");
    const eve = join(poller(port, { user: "eve" }), "room:closed");
    await waitUntil(() => eve.joins.length > 1, "some retries");
    expect(eve.joins[0]).toEqual({ reason: "closed" });
  });

  it("gets an error when it may not connect", async () => {
    const { port } = await serveRooms();
    const errors: unknown[] = [];
    const stranger = poller(port, {});
    stranger.onError((error) => void errors.push(error));
    await waitUntil(() => errors.length > 0, "an error");
    expect(errors[0]).toBe(403);
    expect(stranger.isConnected()).toBe(false);
  });

  it("falls back to polling when its WebSocket is refused, and stays", async () => {
    const { port, server } = await serveRooms();
    // A proxy that does not know WebSockets.
    server.prependListener("upgrade", (_request, socket) => void socket.destroy());
    const socket = poller(port, { user: "alice" }, { transport: WebSocket, longPollFallbackMs: 100 });
    const alice = join(socket, "room:lobby");
    await alice.sees("alice");
    expect(isPolling(socket)).toBe(true);
  });

  it("keeps its params, and sends its auth token in a header", async () => {
    const seen: unknown[] = [];
    const { endpoint, port } = await serveEndpoint({
      connect: (params, request) => {
        seen.push([params.getAll("token"), params.get("vsn"), authTokenOf(request)]);
        return { assigns: {} };
      },
    });
    endpoint.channel("room:*", { join: () => ({ ok: {} }) });
    const alice = join(poller(port, { token: "s3cret" }, { authToken: "pa/ss?==" }), "room:lobby");
    await waitUntil(() => alice.joins.length === 1, "a join");
    expect(seen).toEqual([[["s3cret"], "2.0.0", version === "1.8.16" ? "pa/ss?==" : undefined]]);
  });

  it("uses any node of a cluster: each request goes to the next one", async () => {
    const bus = memoryPubSub();
    const nodes = await Promise.all(
      ["tokyo", "paris", "lima"].map(async () => {
        const presence = await createPresence({ pubsub: bus });
        const node = await serveEndpoint<{ user: string }>({
          pubsub: bus,
          connect: (params) => ({ assigns: { user: params.get("user")! } }),
        });
        node.endpoint.channel(
          "room:*",
          presenceChannel({
            presence,
            key: ({ assigns }) => assigns.user,
            handleIn: (_event, payload) => ({ ok: payload as object }),
          }),
        );
        onTestFinished(() => presence.close());
        return node;
      }),
    );
    let requests = 0;
    const balancer = createServer((request, response) => {
      const { server } = nodes[requests++ % nodes.length]!;
      server.emit("request", request, response);
    });
    balancer.listen(0);
    await once(balancer, "listening");
    onTestFinished(() => {
      balancer.closeAllConnections();
      balancer.close();
    });
    const { port } = balancer.address() as { port: number };
    const all = members(port, "alice", "bob", "carol");
    for (const one of all) await one.sees("alice", "bob", "carol");
    for (const one of all) {
      const replies = await Promise.all([1, 2, 3].map((n) => pushAndWait(one.channel, "echo", { n })));
      expect(replies).toEqual([1, 2, 3].map((n) => ["ok", { n }]));
    }
    all[2]!.channel.leave();
    for (const one of all.slice(0, 2)) await one.sees("alice", "bob");
    expect(all.map(({ joins }) => joins.length)).toEqual([1, 1, 1]);
  });
});
