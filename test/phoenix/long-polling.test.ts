import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import { connect as connectTcp } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import type { Clock } from "../../src/index.ts";
import { authTokenOf, type EndpointOptions } from "../../src/phoenix/index.ts";
import { type ManualClock, manualClock } from "../../src/testing/index.ts";
import { ask, hang, PollClient } from "./poll-client.ts";
import { reply, unmatched } from "./raw-client.ts";
import { type ServedEndpoint, serveEndpoint } from "./serve-endpoint.ts";

const WINDOW_MS = 10_000;

interface Polled extends ServedEndpoint<Record<string, unknown>> {
  readonly clock: ManualClock;
  /** Why channels ended, by topic. */
  readonly ends: string[];
  /** Starts requests, and waits until this many of them wait for messages or for a body. */
  begun<T>(count: number, start: () => T): Promise<T>;
  /** Opens a poll that waits for messages. */
  hanging(client: PollClient): Promise<ReturnType<typeof hang>>;
  poller(query?: string): Promise<PollClient>;
}

/** Starts an endpoint with rooms, whose time stands still. */
async function serve(options: EndpointOptions = {}): Promise<Polled> {
  const clock = manualClock();
  let windows = 0;
  const counting: Clock = {
    ...clock,
    setTimer(callback, delayMs, ...rest) {
      if (delayMs === WINDOW_MS) windows++;
      return clock.setTimer(callback, delayMs, ...rest);
    },
  };
  const cast = await serveEndpoint({
    connect: (params) => ({ assigns: {}, id: params.get("id") ?? undefined }),
    clock: counting,
    // Not the time of a poll, whose timers are counted.
    connectTimeoutMs: 9_000,
    ...options,
  });
  const ends: string[] = [];
  cast.endpoint.channel("room:*", {
    join: () => {},
    handleIn(event, payload, socket) {
      if (event === "echo")
        return { ok: payload instanceof Uint8Array ? { bytes: [...payload] } : (payload as object) };
      if (event === "bytes") return { ok: new Uint8Array([1]) };
      return socket.broadcast("said", payload as object);
    },
    terminate: (reason, { topic }) => void ends.push(`${topic} ${reason}`),
  });
  const begun = async <T>(count: number, start: () => T): Promise<T> => {
    const before = windows;
    const started = start();
    await waitUntil(
      () => windows >= before + count,
      () => `${count} requests; there are ${windows - before}`,
    );
    return started;
  };
  return {
    ...cast,
    clock,
    ends,
    begun,
    hanging: (client) => begun(1, () => hang(client)),
    poller: (query) => new PollClient(cast.port, query).open(),
  };
}

const join = (ref = "1", topic = "room:a") => [ref, ref, topic, "phx_join", {}];
const said = (n: number) => [null, null, "room:a", "said", { n }];

describe("a client that polls", () => {
  it("gets a token, joins, and gets replies and broadcasts", async () => {
    const { endpoint, port } = await serve();
    const first = await ask(port, "/socket/longpoll?vsn=2.0.0&token=null");
    expect(first).toMatchObject({ code: 200, status: 410, messages: [], token: expect.any(String) });
    expect(first.headers).toMatchObject({
      "access-control-allow-origin": "*",
      "content-type": "application/json; charset=utf-8",
    });
    const alice = new PollClient(port);
    alice.token = first.token!;
    expect(endpoint.socketCount).toBe(1);
    expect(await alice.send(join())).toMatchObject({ code: 200, status: 200 });
    const second = await alice.poll();
    expect(second).toMatchObject({ code: 200, status: 200, token: first.token });
    expect(second.messages).toEqual([reply("1", "1", "room:a")]);
    const poll = hang(alice);
    endpoint.broadcast("room:a", "said", { n: 1 });
    endpoint.broadcast("room:a", "said", { n: 2 });
    expect((await poll.answer).messages).toEqual([said(1), said(2)]);
  });

  it("sends several messages at once, in order, and gets their replies in one answer", async () => {
    const { poller } = await serve();
    const alice = await poller();
    await alice.send(join(), ["1", "2", "room:a", "echo", { n: 1 }], ["1", "3", "room:a", "say", { n: 2 }]);
    expect((await alice.poll()).messages).toEqual([
      reply("1", "1", "room:a"),
      reply("1", "2", "room:a", { n: 1 }),
      said(2),
    ]);
  });

  it("sends lines with any line ending, empty lines, and a message of another content type", async () => {
    const { poller } = await serve();
    const alice = await poller();
    const [one, two] = [join("1"), join("2", "room:b")].map((message) => JSON.stringify(message));
    await alice.post(`${one}\r\n\n${two}\n`, { "content-type": "Application/X-NDJSON; charset=utf-8" });
    await alice.post(JSON.stringify(join("3", "room:c")), { "content-type": "application/json" });
    expect(await alice.take(3)).toEqual(
      ["a", "b", "c"].map((room, at) => reply(`${at + 1}`, `${at + 1}`, `room:${room}`)),
    );
  });

  it("speaks version 1.0.0 if it names no version", async () => {
    const { poller } = await serve();
    const alice = await poller("user=alice");
    await alice.send({ topic: "room:a", event: "phx_join", payload: {}, ref: "1" });
    expect((await alice.poll()).messages).toEqual([
      { topic: "room:a", event: "phx_reply", payload: { status: "ok", response: {} }, ref: "1" },
    ]);
  });

  it("is answered with 204 when there is no message for 10 s, and keeps its session", async () => {
    const { poller, clock, endpoint, hanging } = await serve();
    const alice = await poller();
    await alice.send(join());
    await alice.take(1);
    for (let round = 0; round < 2; round++) {
      const poll = await hanging(alice);
      clock.advance(WINDOW_MS);
      expect(await poll.answer).toMatchObject({ status: 204, token: alice.token, messages: [] });
    }
    endpoint.broadcast("room:a", "said", { n: 1 });
    expect((await alice.poll()).messages).toEqual([said(1)]);
  });

  it("that polls again gets 204 for the first poll, and its messages with the second", async () => {
    const { poller, endpoint, hanging } = await serve();
    const alice = await poller();
    const first = await hanging(alice);
    const second = hang(alice);
    expect(await first.answer).toMatchObject({ status: 204, messages: [] });
    await alice.send(join());
    expect((await second.answer).messages).toEqual([reply("1", "1", "room:a")]);
    expect(endpoint.socketCount).toBe(1);
  });

  it("loses no message when its poll is cut", async () => {
    const { poller, endpoint, server, hanging } = await serve();
    const alice = await poller();
    await alice.send(join());
    await alice.take(1);
    const poll = await hanging(alice);
    const connections = () =>
      new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
    const before = Number(await connections());
    poll.cut();
    await waitUntil(async () => (await connections()) === before - 1, "the poll to be cut");
    endpoint.broadcast("room:a", "said", { n: 1 });
    await nextTurn();
    expect((await alice.poll()).messages).toEqual([said(1)]);
  });

  it("loses its session when it has not polled for 15 s, and its channels end", async () => {
    const { poller, clock, endpoint, ends } = await serve();
    const alice = await poller();
    await alice.send(join());
    await alice.take(1);
    for (let second = 0; second < 14; second++) clock.advance(1_000);
    await nextTurn();
    expect(endpoint.socketCount).toBe(1);
    for (let second = 0; second < 3; second++) {
      clock.advance(1_000);
      for (let turn = 0; turn < 3; turn++) await nextTurn();
    }
    expect(endpoint.socketCount).toBe(0);
    expect(ends).toEqual(["room:a disconnected"]);
    expect(await alice.poll()).toMatchObject({ code: 200, status: 410 });
    expect(await alice.send(join())).toMatchObject({ code: 200, status: 410 });
  });

  it("is not closed as idle while it polls, however short idleTimeoutMs is", async () => {
    const { poller, clock, endpoint, hanging } = await serve({ idleTimeoutMs: 2_000 });
    const alice = await poller();
    await alice.send(join());
    await alice.take(1);
    const poll = await hanging(alice);
    for (let second = 0; second < 9; second++) clock.advance(1_000);
    await nextTurn();
    endpoint.broadcast("room:a", "said", { n: 1 });
    expect((await poll.answer).messages).toEqual([said(1)]);
  });

  it("gets an error for an unmatched topic, and answers to heartbeats", async () => {
    const { poller } = await serve();
    const alice = await poller();
    await alice.send([null, "1", "other", "phx_join", {}], [null, "2", "phoenix", "heartbeat", {}]);
    expect((await alice.poll()).messages).toEqual([unmatched("1", "other"), reply(null, "2", "phoenix")]);
  });

  it("sends bytes, as base64", async () => {
    const { poller } = await serve();
    const alice = await poller();
    await alice.send(join());
    const push = Buffer.concat([Buffer.from("\x00\x01\x01\x06\x0412room:aecho"), Buffer.from([0, 1, 255])]);
    await alice.send(push);
    expect(await alice.take(2)).toEqual([
      reply("1", "1", "room:a"),
      reply("1", "2", "room:a", { bytes: [0, 1, 255] }),
    ]);
  });

  it("cannot get bytes: a reply of bytes ends its channel, and a broadcast of bytes skips it", async () => {
    const { poller, endpoint, errors } = await serve();
    const alice = await poller();
    await alice.send(join(), ["1", "2", "room:a", "bytes", {}], join("3", "room:b"));
    endpoint.broadcast("room:b", "bytes", new Uint8Array([1]));
    expect(await alice.take(3)).toEqual([
      reply("1", "1", "room:a"),
      ["1", "1", "room:a", "phx_error", { reason: "channel_crash" }],
      reply("3", "3", "room:b"),
    ]);
    expect(errors.map(([message]) => message)).toEqual([
      "Bytes can't be sent to a client that polls. Send an object, or let the client connect with a WebSocket.",
      expect.stringContaining("or one that polls, can't get"),
    ]);
  });

  it("keeps a param named token for connect, and sends its auth token in a header", async () => {
    const seen: unknown[] = [];
    const { port } = await serve({
      connect: (params, request) => {
        seen.push([params.getAll("token"), authTokenOf(request)]);
        return { assigns: {} };
      },
    });
    await ask(port, "/socket/longpoll?token=s3cret&vsn=2.0.0&token=null");
    await ask(port, "/socket/longpoll?vsn=2.0.0&token=null", {
      headers: { "x-phoenix-authtoken": "pa/ss==" },
    });
    await ask(port, "/socket/longpoll?vsn=2.0.0&token=s3cret");
    expect(seen).toEqual([
      [["s3cret"], undefined],
      [[], "pa/ss=="],
      [["s3cret"], undefined],
    ]);
  });
});

describe("a token", () => {
  it("that is forged or of another endpoint gets 410, and costs no session", async () => {
    let connects = 0;
    const connect = () => {
      connects++;
      return { assigns: {} };
    };
    const { endpoint, poller, port } = await serve({ connect });
    const other = await serve();
    const alice = await poller();
    const foreign = await other.poller();
    const [node, session] = alice.token.split(".").slice(1);
    const forged = [
      foreign.token,
      `rollcall.${node}.${session}.${"A".repeat(43)}`,
      `rollcall.${node}.${"B".repeat(21)}.${alice.token.split(".")[3]}`,
    ];
    for (const token of forged) {
      const eve = new PollClient(port);
      eve.token = token;
      expect(await eve.poll()).toMatchObject({ code: 200, status: 410 });
      expect(await eve.send(join())).toMatchObject({ code: 200, status: 410 });
    }
    expect([connects, endpoint.socketCount]).toEqual([1, 1]);
  });

  it("that no endpoint issued begins a session on GET, as in Phoenix, and gets 410 on POST", async () => {
    const { endpoint, port } = await serve();
    const old = new PollClient(port);
    old.token = "SFMyNTY.g2gDaA.phoenix";
    expect(await old.send(join())).toEqual(expect.objectContaining({ status: 410 }));
    expect(endpoint.socketCount).toBe(0);
    await old.open();
    expect(await old.send(join())).toMatchObject({ status: 200 });
    expect(endpoint.socketCount).toBe(1);
  });

  it("of a session that is gone makes older clients fail at their next poll, so that they join again", async () => {
    const { endpoint, poller } = await serve();
    const alice = await poller("vsn=2.0.0&id=users:1");
    endpoint.disconnect("users:1");
    alice.token = (await alice.poll()).token!;
    expect(await alice.poll()).toMatchObject({ status: 500 });
    expect(await alice.send(join())).toMatchObject({ status: 410 });
    expect(endpoint.socketCount).toBe(0);
  });
});

describe("a session", () => {
  it.each<[string, EndpointOptions["connect"], string, number, number]>([
    ["connect refuses", () => false, "vsn=2.0.0", 200, 403],
    ["the version is unknown", () => ({ assigns: {} }), "vsn=3.0.0", 200, 403],
    ["connect throws", () => Promise.reject(new Error("no database")), "vsn=2.0.0", 200, 500],
  ])("is refused if %s", async (_what, connect, query, code, status) => {
    const { port, endpoint } = await serve({ connect: connect! });
    expect(await ask(port, `/socket/longpoll?${query}`)).toMatchObject({ code, status });
    expect(endpoint.socketCount).toBe(0);
  });

  it("is not begun for a client that went while connect decided", async () => {
    let accept = (): void => {};
    let isAsked = false;
    const { port, endpoint, server } = await serve({
      connect: async () => {
        isAsked = true;
        await new Promise<void>((resolve) => {
          accept = resolve;
        });
        return { assigns: {} };
      },
    });
    const tcp = connectTcp(port, "localhost");
    const [socket] = (await once(server, "connection")) as [{ destroyed: boolean }];
    tcp.write("GET /socket/longpoll?vsn=2.0.0 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await waitUntil(() => isAsked, "connect");
    tcp.resetAndDestroy();
    await waitUntil(() => socket.destroyed, "the connection to be closed");
    accept();
    await nextTurn();
    expect(endpoint.socketCount).toBe(0);
  });

  it("of a client that does not poll ends when more than maxBufferedBytes wait", async () => {
    const { poller, endpoint, ends } = await serve({ maxBufferedBytes: 1_000 });
    const alice = await poller();
    const bob = await poller();
    for (const client of [alice, bob]) {
      await client.send(join());
      await client.take(1);
    }
    for (let n = 0; n < 4; n++) {
      endpoint.broadcast("room:a", "said", { text: "x".repeat(400) });
      await bob.take(1);
    }
    expect(ends).toEqual(["room:a disconnected"]);
    expect(await alice.poll()).toMatchObject({ status: 410 });
    expect(endpoint.socketCount).toBe(1);
  });

  it("ends with 410 for a poll and for the message when a message is malformed or too large", async () => {
    const { poller, endpoint, hanging } = await serve({ maxFrameBytes: 100 });
    for (const line of [
      "nonsense",
      "[1",
      "%%%",
      "AAAA",
      JSON.stringify(["1", "1", "a", "b", "x".repeat(100)]),
    ]) {
      const eve = await poller();
      const poll = await hanging(eve);
      expect(await eve.post(line)).toMatchObject({ status: 410 });
      expect(await poll.answer).toMatchObject({ status: 410 });
    }
    expect(endpoint.socketCount).toBe(0);
  });

  it("refuses messages above the rate, and ends at ten times the rate", async () => {
    const { poller } = await serve({ maxMessagesPerSecond: 2 });
    const eve = await poller();
    await eve.send(...["1", "2", "3"].map((ref) => join(ref, `room:${ref}`)));
    expect(await eve.take(3)).toEqual([
      reply("1", "1", "room:1"),
      reply("2", "2", "room:2"),
      reply("3", "3", "room:3", { reason: "too many messages" }, "error"),
    ]);
    expect(await eve.send(...Array(18).fill([null, "1", "phoenix", "heartbeat", {}]))).toMatchObject({
      status: 410,
    });
  });

  it("ends at once when its id is disconnected: a poll is answered", async () => {
    const { poller, endpoint, hanging } = await serve();
    const alice = await poller("vsn=2.0.0&id=users:1");
    const bob = await poller("vsn=2.0.0&id=users:2");
    const [hers, his] = [await hanging(alice), await hanging(bob)];
    endpoint.disconnect("users:1");
    expect(await hers.answer).toMatchObject({ status: 410 });
    await bob.send(join());
    expect((await his.answer).messages).toEqual([reply("1", "1", "room:a")]);
  });

  it("handles a turn of the event loop for each message, so that a batch does not hold up others", async () => {
    const { poller, endpoint } = await serve();
    const alice = await poller();
    let [handled, turns] = [0, 0];
    let isDone = false;
    endpoint.channel("count", {
      join: () => {},
      handleIn: () => void handled++,
    });
    const count = () => {
      if (handled > 0) turns++;
      if (!isDone) setImmediate(count);
    };
    count();
    await alice.send(join("1", "count"), ...Array(50).fill(["1", "2", "count", "tick", {}]));
    isDone = true;
    expect(handled).toBe(50);
    expect(turns).toBeGreaterThanOrEqual(48);
  });
});

describe("a body", () => {
  it("that is larger than maxBufferedBytes gets 413, and the session stays", async () => {
    const { poller, port } = await serve({ maxBufferedBytes: 1_000, maxFrameBytes: 600 });
    const alice = await poller();
    expect(await alice.post(`["${"x".repeat(1_000)}`)).toMatchObject({ code: 413 });
    const chunked = httpRequest({
      ...{ port, path: alice.path, method: "POST", host: "localhost" },
      headers: { "content-type": "application/x-ndjson", "transfer-encoding": "chunked" },
    });
    chunked.on("error", () => {});
    chunked.write("x".repeat(2_000));
    const [answer] = await once(chunked, "response");
    expect(answer.statusCode).toBe(413);
    chunked.destroy();
    expect(await alice.send(join())).toMatchObject({ status: 200 });
  });

  it("that does not arrive within 10 s gets 408, and no more than four are read at a time", async () => {
    const { poller, clock, begun } = await serve();
    const eve = await poller();
    const slow = await begun(4, () => Array.from({ length: 4 }, () => eve.beginPost()));
    expect(await eve.send(join())).toMatchObject({ code: 429 });
    clock.advance(WINDOW_MS);
    for (const { statusCode } of await Promise.all(slow)) expect(statusCode).toBe(408);
    expect(await eve.send(join())).toMatchObject({ status: 200 });
  });
});

describe("the origin", () => {
  const headers = { origin: "http://evil.com" };

  it("of each request is checked", async () => {
    const { poller, endpoint, port } = await serve({ checkOrigin: ["https://example.com"] });
    const alice = await poller();
    const query = "/socket/longpoll?vsn=2.0.0&token=null";
    expect(await ask(port, query, { headers })).toMatchObject({ code: 200, status: 403 });
    expect(await ask(port, query, { headers, method: "OPTIONS" })).toMatchObject({ code: 200, status: 403 });
    expect(await alice.poll({ headers })).toMatchObject({ code: 200, status: 403 });
    expect(await alice.post(JSON.stringify(join()), headers)).toMatchObject({ code: 200, status: 403 });
    expect(endpoint.socketCount).toBe(1);
    const allowed = await alice.post(JSON.stringify(join()), { origin: "https://example.com" });
    expect(allowed).toMatchObject({ status: 200 });
    expect(allowed.headers["access-control-allow-origin"]).toBe("*");
  });

  it("function is called once for each request, and gets 500 if it throws", async () => {
    const origins: string[] = [];
    const { port, errors } = await serve({
      checkOrigin: (origin) => {
        origins.push(origin);
        if (origin.includes("crash")) throw new Error("crash");
        return true;
      },
    });
    await ask(port, "/socket/longpoll?vsn=2.0.0", { headers });
    const crash = { origin: "http://crash.com" };
    expect(await ask(port, "/socket/longpoll?vsn=2.0.0", { headers: crash })).toMatchObject({ status: 500 });
    expect(origins).toEqual(["http://evil.com", "http://crash.com"]);
    expect(errors).toEqual([["crash", { during: "checkOrigin" }]]);
  });

  it("gets a preflight answer that allows the headers it asks for", async () => {
    const { port } = await serve({ checkOrigin: false });
    const answer = await ask(port, "/socket/longpoll", {
      method: "OPTIONS",
      headers: {
        ...headers,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-phoenix-authtoken",
      },
    });
    expect(answer.code).toBe(200);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "content-type,x-phoenix-authtoken",
      "access-control-allow-methods": "get, post, options",
      "access-control-max-age": "3600",
    });
    expect(await ask(port, "/socket/longpoll", { method: "PUT" })).toMatchObject({ code: 400 });
  });
});

describe("closing an endpoint", () => {
  it("answers the polls with 410, ends all sessions, and serves no more", async () => {
    const { poller, endpoint, ends, port, hanging } = await serve();
    const alice = await poller();
    await alice.send(join());
    await alice.take(1);
    const poll = await hanging(alice);
    await endpoint.close();
    expect(await poll.answer).toMatchObject({ status: 410 });
    expect([endpoint.socketCount, ends]).toEqual([0, ["room:a disconnected"]]);
    expect(await ask(port, "/socket/longpoll?vsn=2.0.0")).toMatchObject({ code: 404 });
    expect(await alice.poll()).toMatchObject({ code: 404 });
  });

  it("goes on with the sessions that are left during a drain, and begins no new ones", async () => {
    const { poller, endpoint, clock, port } = await serve();
    const pollers: PollClient[] = [];
    for (let count = 0; count < 4; count++) {
      const client = await poller();
      pollers.push(client);
      await client.send(join());
      await client.take(1);
    }
    const closing = endpoint.close({ overMs: 400 });
    expect(await pollers[0]!.poll()).toMatchObject({ status: 410 });
    endpoint.broadcast("room:a", "said", { n: 1 });
    expect((await pollers[3]!.poll()).messages).toEqual([said(1)]);
    expect(await ask(port, "/socket/longpoll?vsn=2.0.0")).toMatchObject({ code: 503 });
    for (let step = 0; step < 4; step++) {
      clock.advance(100);
      await nextTurn();
    }
    await closing;
  });
});

describe("attach", () => {
  it("takes requests to its path before the listeners of the server, and gives them back on close", async () => {
    const server = createServer((_request, response) => void response.writeHead(418).end());
    const { emit } = server;
    const { endpoint, port } = await serveEndpoint({}, server);
    server.prependListener("request", (_request, response) => response.setHeader("x-seen", "yes"));
    expect(await ask(port, "/socket/longpoll")).toMatchObject({ code: 200, status: 410 });
    expect((await ask(port, "/socket/longpoll")).headers["x-seen"]).toBeUndefined();
    for (const path of ["/", "/socket", "/socket/longpolling", "/socket/longpoll/more", "//"]) {
      expect(await ask(port, path)).toMatchObject({ code: 418, headers: { "x-seen": "yes" } });
    }
    expect(server.listenerCount("request")).toBe(2);
    await endpoint.close();
    expect(server.emit).toBe(emit);
    expect(await ask(port, "/socket/longpoll")).toMatchObject({ code: 418 });
  });

  it("serves several endpoints on one server, each at its path", async () => {
    const server = createServer();
    const one = await serveEndpoint({}, server);
    const two = await serveEndpoint({ connect: () => false }, createServer());
    two.endpoint.attach(server, { path: "/admin" });
    expect(await ask(one.port, "/socket/longpoll")).toMatchObject({ status: 410 });
    expect(await ask(one.port, "/admin/longpoll")).toMatchObject({ status: 403 });
    await two.endpoint.close();
    expect(await ask(one.port, "/socket/longpoll")).toMatchObject({ status: 410 });
    expect(await ask(one.port, "/admin/longpoll")).toMatchObject({ code: 404 });
  });

  it("serves no polls with longPoll: false, of the endpoint or of the server", async () => {
    const answer = () => createServer((_request, response) => void response.writeHead(418).end());
    const off = await serveEndpoint({ longPoll: false }, answer());
    expect(await ask(off.port, "/socket/longpoll")).toMatchObject({ code: 418 });
    const on = await serveEndpoint({}, answer());
    on.endpoint.attach(on.server, { path: "/other", longPoll: false });
    expect(await ask(on.port, "/other/longpoll")).toMatchObject({ code: 418 });
    expect(await ask(on.port, "/socket/longpoll")).toMatchObject({ status: 410 });
    await expect(serveEndpoint({ longPoll: "no" as never })).rejects.toThrow(
      /longPoll is "no"; it must be true or false/,
    );
    expect(() => on.endpoint.attach(on.server, { path: "/x", longPoll: 1 as never })).toThrow(
      /longPoll is 1/,
    );
  });
});
