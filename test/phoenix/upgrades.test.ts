import { once } from "node:events";
import { createServer, request } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import fc from "fast-check";
import { Server as SocketIoServer } from "socket.io";
import { io } from "socket.io-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { waitUntil } from "../../scripts/wait-until.ts";
import { memoryPubSub } from "../../src/index.ts";
import { PendingDisconnects } from "../../src/phoenix/connect/pending-disconnects.ts";
import { requestUrl } from "../../src/phoenix/connect/request-url.ts";
import type { Connected, EndpointOptions, Refused } from "../../src/phoenix/index.ts";
import { manualClock } from "../../src/testing/index.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { reply } from "./raw-client.ts";
import { serveEndpoint } from "./serve-endpoint.ts";
import { rawUpgrade, statusOf } from "./upgrade-request.ts";

type Decision = Connected | Refused;

/** An endpoint whose `connect` waits until the test decides about the client, unless its parameter `fast` says so. */
async function serveSlow(options: EndpointOptions = {}, server = createServer()) {
  const clock = manualClock();
  const waiting: { accept(decision: Decision): void; fail(error: Error): void }[] = [];
  const cast = await serveEndpoint(
    {
      clock,
      connect: (params) => {
        if (params.has("fast")) return { assigns: {}, id: "users:fast" };
        return new Promise<Decision>((accept, fail) => waiting.push({ accept, fail }));
      },
      ...options,
    },
    server,
  );
  cast.endpoint.channel("room:*", { join: () => {} });
  return {
    ...cast,
    clock,
    waiting,
    /** Waits until this many clients wait for `connect`. */
    hasWaiting: (count: number) => waitUntil(() => waiting.length === count, `${count} clients to wait`),
  };
}

/** How many connections the server has. */
async function connectionsOf(server: {
  getConnections(callback: (e: unknown, count: number) => void): void;
}) {
  return new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
}

describe("a client that waits for connect", () => {
  it("gets 503 after connectTimeoutMs, which is reported once, and a late result is dropped", async () => {
    const { port, clock, errors, waiting, hasWaiting, endpoint, server } = await serveSlow();
    const clients = [rawUpgrade(port), rawUpgrade(port)];
    await hasWaiting(2);
    clock.advance(9_999);
    await nextTurn();
    expect(errors).toEqual([]);
    clock.advance(1);
    expect(await Promise.all(clients.map((client) => client.status()))).toEqual([503, 503]);
    for (const client of clients) await client.closed();
    waiting[0]!.accept({ assigns: {} });
    waiting[1]!.fail(new Error("too late"));
    for (let turn = 0; turn < 3; turn++) await nextTurn();
    expect(endpoint.socketCount).toBe(0);
    const message = expect.stringContaining("connect took more than 10000 ms") as string;
    expect(errors).toEqual(Array(2).fill([message, { during: "connect" }]));
    expect(await connectionsOf(server)).toBe(0);
  });

  it("gets 503 too if checkOrigin never returns", async () => {
    const { port, clock, errors } = await serveSlow({
      checkOrigin: () => new Promise(() => {}),
      connectTimeoutMs: 500,
    });
    const client = rawUpgrade(port, undefined, { origin: "http://example.com" });
    await nextTurn();
    const status = client.status();
    while (errors.length === 0) {
      clock.advance(500);
      await nextTurn();
    }
    expect(await status).toBe(503);
    expect(errors).toEqual([
      [expect.stringContaining("checkOrigin took more than 500 ms"), { during: "checkOrigin" }],
    ]);
  });

  it.each<[string, (client: ReturnType<typeof rawUpgrade>) => void]>([
    ["resets its connection", ({ tcp }) => tcp.resetAndDestroy()],
    ["closes its connection", ({ tcp }) => tcp.destroy()],
    ["ends its side of the connection", ({ tcp }) => tcp.end()],
    [
      "sends something and ends",
      ({ tcp }) => {
        tcp.write("x".repeat(1_000));
        tcp.end();
      },
    ],
  ])("frees its place at once if it %s, and a late result is dropped", async (_how, go) => {
    const { port, waiting, hasWaiting, endpoint, server, errors } = await serveSlow({ maxConnections: 1 });
    const alice = rawUpgrade(port);
    await hasWaiting(1);
    expect(await statusOf(port, "/socket/websocket?vsn=2.0.0&fast=1")).toBe(503);
    errors.length = 0;
    go(alice);
    // Nothing but the end of the client frees its place: no clock moves, and connect has not returned.
    await waitUntil(async () => (await connectionsOf(server)) === 0, "the connection to be freed");
    waiting[0]!.accept({ assigns: {} });
    await nextTurn();
    expect(endpoint.socketCount).toBe(0);
    expect(await statusOf(port, "/socket/websocket?vsn=2.0.0&fast=1")).toBe(101);
    expect(errors).toEqual([]);
  });

  it("may send its first messages early, and they are answered when it is accepted", async () => {
    const { port, waiting, hasWaiting } = await serveSlow();
    const alice = rawUpgrade(port);
    const frames: string[] = [];
    alice.tcp.on("data", (data) => frames.push(data.toString("latin1")));
    await hasWaiting(1);
    for (const ref of ["1", "2", "3"]) {
      const text = Buffer.from(`["${ref}","${ref}","room:a","phx_join",{}]`);
      alice.tcp.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
      await nextTurn();
    }
    waiting[0]!.accept({ assigns: {} });
    expect(await alice.status()).toBe(101);
    await waitUntil(() => frames.join("").includes('["3","3","room:a","phx_reply"'), "the last reply");
    const answer = frames.join("");
    const joins = ["1", "2", "3"].map((ref) => answer.indexOf(`["${ref}","${ref}","room:a","phx_reply"`));
    expect(joins).toEqual(joins.toSorted((one, other) => one - other));
    expect(joins[0]).toBeGreaterThan(0);
    alice.tcp.destroy();
  });

  it("gets 503 at once when the endpoint closes, without a report", async () => {
    const { port, hasWaiting, endpoint, errors, waiting } = await serveSlow();
    const alice = rawUpgrade(port);
    await hasWaiting(1);
    await endpoint.close();
    expect(await alice.status()).toBe(503);
    waiting[0]!.accept({ assigns: {} });
    await alice.closed();
    expect(errors).toEqual([]);
  });
});

describe("a client whose id is disconnected while it waits for connect", () => {
  it("is refused with 403 on every node, and may try again; other ids are accepted", async () => {
    const pubsub = memoryPubSub();
    const [tokyo, paris] = [await serveSlow({ pubsub }), await serveSlow({ pubsub })];
    for (const { port, hasWaiting } of [tokyo, paris]) {
      // The id was disconnected before this client came.
      tokyo.endpoint.disconnect("users:alice");
      const clients: ReturnType<typeof rawUpgrade>[] = [];
      // One after the other, so that they wait in this order.
      for (const count of [1, 2, 3]) {
        clients.push(rawUpgrade(port));
        await hasWaiting(count);
      }
      tokyo.endpoint.disconnect("users:alice");
      await nextTurn();
      const { waiting, errors } = port === tokyo.port ? tokyo : paris;
      waiting[0]!.accept({ assigns: {}, id: "users:alice" });
      waiting[1]!.accept({ assigns: {}, id: "users:bob" });
      waiting[2]!.accept({ assigns: {} });
      expect(await Promise.all(clients.map((client) => client.status()))).toEqual([403, 101, 101]);
      expect(errors).toEqual([
        [expect.stringContaining("was disconnected while connect ran"), { during: "connect" }],
      ]);
      const again = rawUpgrade(port);
      await hasWaiting(4);
      waiting[3]!.accept({ assigns: {}, id: "users:alice" });
      expect(await again.status()).toBe(101);
      for (const { tcp } of [...clients, again]) tcp.destroy();
    }
  });

  it("is refused by any disconnect after it came, and by none before, whoever else waits", () => {
    const step = fc.oneof(
      fc.constant({ kind: "begin" as const }),
      fc.record({ kind: fc.constant("end" as const), which: fc.nat(5) }),
      fc.record({ kind: fc.constant("disconnect" as const), id: fc.constantFrom("alice", "bob", "carol") }),
    );
    fc.assert(
      fc.property(fc.array(step, { size: "max", maxLength: 60 }), (steps) => {
        const disconnects = new PendingDisconnects();
        const waiting: { pending: ReturnType<PendingDisconnects["begin"]>; ids: Set<string> }[] = [];
        for (const each of steps) {
          if (each.kind === "begin") waiting.push({ pending: disconnects.begin(), ids: new Set() });
          else if (each.kind === "end") waiting.splice(each.which, 1)[0]?.pending.end();
          else {
            disconnects.disconnect(each.id);
            for (const { ids } of waiting) ids.add(each.id);
          }
          const wrong = waiting.flatMap(({ pending, ids }) =>
            ["alice", "bob", "carol"].filter((id) => pending.wasDisconnected(id) !== ids.has(id)),
          );
          if (wrong.length > 0) expect(wrong).toEqual([]);
        }
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });
});

describe("limits on connections", () => {
  const accepted = "/socket/websocket?vsn=2.0.0&fast=1";

  it("maxConnections refuses with 503 before any handler runs, and counts clients that wait for connect", async () => {
    let asked = 0;
    const { port, waiting, hasWaiting, errors, client } = await serveSlow({
      maxConnections: 2,
      checkOrigin: () => {
        asked++;
        return true;
      },
    });
    const alice = await client("vsn=2.0.0&fast=1");
    const bob = rawUpgrade(port);
    await hasWaiting(1);
    expect(await statusOf(port, accepted, { origin: "http://example.com" })).toBe(503);
    expect(asked).toBe(0);
    expect(errors).toEqual([
      [expect.stringContaining("as many as maxConnections allows"), { during: "upgrade" }],
    ]);
    // A refused client gives its place back, and so does a closed one.
    waiting[0]!.accept(false);
    expect(await bob.status()).toBe(403);
    expect(await statusOf(port, accepted)).toBe(101);
    alice.socket.terminate();
    await waitUntil(async () => (await statusOf(port, accepted)) === 101, "a place");
  });

  it("maxConnectionsPerAddress refuses with 429, by the address that addressOf reads from the request", async () => {
    const { port, errors, url } = await serveSlow({
      maxConnectionsPerAddress: 2,
      addressOf: ({ headers }) => String(headers["x-real-ip"]),
    });
    const from = (address: string) => {
      const socket = new WebSocket(url("vsn=2.0.0&fast=1"), { headers: { "x-real-ip": address } });
      onTestFinished(() => socket.terminate());
      return once(socket, "open");
    };
    await Promise.all([from("192.0.2.1"), from("192.0.2.1"), from("192.0.2.2")]);
    const statusFrom = (address: string) => statusOf(port, accepted, { "x-real-ip": address });
    expect(await statusFrom("192.0.2.1")).toBe(429);
    expect(await statusFrom("192.0.2.2")).toBe(101);
    expect(errors).toEqual([
      [expect.stringContaining("maxConnectionsPerAddress allows"), { during: "upgrade" }],
    ]);
  });

  it("maxConnectionsPerAddress counts the address of the connection by default", async () => {
    const { port, client } = await serveSlow({ maxConnectionsPerAddress: 1 });
    const alice = await client("vsn=2.0.0&fast=1");
    expect(await statusOf(port, accepted, { "x-forwarded-for": "192.0.2.1" })).toBe(429);
    alice.socket.terminate();
    await waitUntil(async () => (await statusOf(port, accepted)) === 101, "a place");
  });

  it.each<[string, EndpointOptions["addressOf"], string]>([
    [
      "throws",
      () => {
        throw new Error("no header");
      },
      "no header",
    ],
    [
      "returns nothing",
      () => undefined as never,
      "addressOf() is undefined; it must be a string. Have it return one.",
    ],
  ])("an addressOf that %s refuses the client with 500", async (_what, addressOf, message) => {
    const { port, errors } = await serveSlow({ maxConnectionsPerAddress: 1, addressOf: addressOf! });
    expect(await statusOf(port, accepted)).toBe(500);
    expect(errors).toEqual([[message, { during: "upgrade" }]]);
  });

  it("a thousand refused or broken clients leave no place taken", async () => {
    const { port, hasWaiting, server } = await serveSlow({
      maxConnections: 60,
      maxConnectionsPerAddress: 60,
    });
    for (let round = 1; round <= 20; round++) {
      const pending = Array.from({ length: 25 }, () => rawUpgrade(port));
      await hasWaiting(25 * round);
      for (const { tcp } of pending) tcp.destroy();
      await waitUntil(async () => (await connectionsOf(server)) === 0, "all to be gone");
    }
    for (let round = 0; round < 10; round++) {
      const malformed = Array.from({ length: 50 }, () =>
        rawUpgrade(port, accepted, { "sec-websocket-key": "short" }).status(),
      );
      expect(new Set(await Promise.all(malformed))).toEqual(new Set([400]));
    }
    expect(await statusOf(port, accepted)).toBe(101);
  });
});

describe("a server with other upgrade listeners", () => {
  it("refuses a path that none of them answers after connectTimeoutMs, with 404", async () => {
    const server = createServer();
    server.on("upgrade", () => {});
    const { port, clock } = await serveSlow({ connectTimeoutMs: 2_000 }, server);
    const [alice, bob] = [rawUpgrade(port, "/theirs"), rawUpgrade(port, "/%zz")];
    let seen = 0;
    server.on("upgrade", () => void seen++);
    await waitUntil(() => seen === 2, "both requests");
    clock.advance(1_999);
    await nextTurn();
    expect([alice.tcp.closed, bob.tcp.closed]).toEqual([false, false]);
    clock.advance(1);
    expect([await alice.status(), await bob.status()]).toEqual([404, 400]);
    await alice.closed();
    server.removeAllListeners("upgrade");
  });

  it("refuses such a path on a connection that has carried other requests", async () => {
    const server = createServer((_request, response) => response.end("hello"));
    server.on("upgrade", () => {});
    const { port, clock } = await serveSlow({}, server);
    const alice = rawUpgrade(port, "/page", { connection: "keep-alive", upgrade: "" });
    expect(await alice.status()).toBe(200);
    alice.tcp.write(
      "GET /theirs HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    await once(server, "upgrade");
    clock.advance(10_000);
    await alice.closed();
    server.removeAllListeners("upgrade");
  });

  it("leaves alone the connections that they have answered, or still decide about", async () => {
    const server = createServer();
    const theirs: Duplex[] = [];
    server.on("upgrade", (request, connection) => {
      if (request.url === "/theirs") {
        // As a library does that asks a database first.
        connection.on("error", () => {});
        theirs.push(connection);
      }
    });
    const others = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, connection, head) => {
      if (request.url === "/hmr")
        others.handleUpgrade(request, connection, head, (socket) => socket.send("hot"));
    });
    const { port, clock } = await serveSlow({}, server);
    const page = new WebSocket(`ws://localhost:${port}/hmr`);
    const [first] = (await once(page, "message")) as [Buffer];
    expect(first.toString()).toBe("hot");
    const alice = rawUpgrade(port, "/theirs");
    await waitUntil(() => theirs.length === 1, "the request");
    clock.advance(60_000);
    await nextTurn();
    theirs[0]!.end("HTTP/1.1 418 I'm a teapot\r\n\r\n");
    expect(await alice.status()).toBe(418);
    expect(page.readyState).toBe(WebSocket.OPEN);
    page.terminate();
    server.removeAllListeners("upgrade");
  });

  it("serves Socket.IO beside it, each on its own path", async () => {
    const server = createServer();
    const socketIo = new SocketIoServer(server);
    const { port, client, clock } = await serveSlow({}, server);
    socketIo.on("connection", (socket) => socket.emit("hello", "alice"));
    const theirs = io(`http://localhost:${port}`, { transports: ["websocket"] });
    const greeting = await new Promise((resolve) => theirs.once("hello", resolve));
    expect(greeting).toBe("alice");
    const bob = await client("vsn=2.0.0&fast=1");
    bob.send(["1", "1", "room:a", "phx_join", {}]);
    expect(await bob.take(1)).toEqual([reply("1", "1", "room:a")]);
    clock.advance(20_000);
    await nextTurn();
    expect(theirs.connected).toBe(true);
    theirs.disconnect();
    // It closes the server too, and so waits for bob.
    void socketIo.close();
  });

  it("survives another listener that takes the connections of its path", async () => {
    const server = createServer();
    const greedy = new WebSocketServer({ server });
    greedy.on("connection", (socket) => socket.on("error", () => {}));
    const { url, waiting, hasWaiting, errors, endpoint } = await serveSlow({}, server);
    const alice = new WebSocket(url());
    alice.on("error", () => {});
    await once(alice, "open");
    await hasWaiting(1);
    waiting[0]!.accept({ assigns: {} });
    await waitUntil(() => errors.length === 1, "the report");
    expect(errors[0]![1]).toEqual({ during: "upgrade" });
    expect(endpoint.socketCount).toBe(0);
    alice.terminate();
    greedy.close();
  });
});

describe("over TLS", () => {
  /** A server and clients that share a key, and so need no certificate. */
  async function serveTls(options: EndpointOptions = {}) {
    const key = Buffer.alloc(16, 7);
    const server = createTlsServer({ ciphers: "PSK", pskCallback: () => key } as object);
    server.on("upgrade", () => {});
    const cast = await serveSlow(options, server as never);
    return {
      ...cast,
      server,
      upgrade(target?: string) {
        const tcp = connectTls({
          ...{ port: cast.port, host: "localhost", ciphers: "PSK" },
          pskCallback: () => ({ psk: key, identity: "alice" }),
          checkServerIdentity: () => undefined,
        } as object);
        return rawUpgrade(cast.port, target, {}, tcp);
      },
    };
  }

  it("a client that waits for connect is answered, and frees its place when it goes", async () => {
    const { upgrade, waiting, hasWaiting, server, endpoint } = await serveTls({ maxConnections: 1 });
    const alice = upgrade();
    await hasWaiting(1);
    alice.tcp.write("too early");
    alice.tcp.end();
    await waitUntil(async () => (await connectionsOf(server)) === 0, "the connection to be freed");
    const bob = upgrade();
    await hasWaiting(2);
    waiting[1]!.accept({ assigns: {} });
    expect(await bob.status()).toBe(101);
    expect(endpoint.socketCount).toBe(1);
    bob.tcp.destroy();
  });

  it("a path that no listener answers is refused after connectTimeoutMs", async () => {
    const { upgrade, server, clock } = await serveTls();
    const alice = upgrade("/theirs");
    await once(server, "upgrade");
    clock.advance(10_000);
    expect(await alice.status()).toBe(404);
    await alice.closed();
    server.removeAllListeners("upgrade");
  });
});

describe("the target of a request", () => {
  it("is read without an error, whatever it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.webUrl(), fc.webPath()), (url) => {
        const { pathname, searchParams } = requestUrl({ url });
        expect(pathname).toMatch(/^\/(?:[^/?#]+(?:\/[^/?#]+)*)?$/s);
        expect(searchParams === undefined || searchParams instanceof URLSearchParams).toBe(true);
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("has the parameters that the client encoded, and the last of each name", () => {
    const name = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("[]"));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ unit: "grapheme" }))), (pairs) => {
        const query = new URLSearchParams(pairs).toString();
        const { searchParams } = requestUrl({ url: `/socket?${query}` });
        expect(Object.fromEntries(searchParams!)).toEqual(Object.fromEntries(pairs));
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("is read by a server that gets it without an upgrade too", async () => {
    const { port } = await serveSlow(
      {},
      createServer((_request, response) => response.end()),
    );
    const sent = request({ port, path: "//", host: "localhost" });
    sent.end();
    const [answer] = await once(sent, "response");
    expect((answer as { statusCode: number }).statusCode).toBe(200);
  });
});
