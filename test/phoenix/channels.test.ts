import { describe, expect, it } from "vitest";
import { type ChannelHandlers, type ReplyRef, UnhandledEventError } from "../../src/phoenix/index.ts";
import { reply, unmatched } from "./raw-client.ts";
import { serveEndpoint } from "./serve-endpoint.ts";

const plain: ChannelHandlers = { join: () => {} };

/** A channel whose handler does what the event says. It logs the events and the reason for its end. */
function obedientChannel(): ChannelHandlers & { readonly log: string[]; readonly refs: ReplyRef[] } {
  const log: string[] = [];
  const refs: ReplyRef[] = [];
  return {
    log,
    refs,
    join: (_payload, { topic }) => ({ ok: { room: topic.slice(5) } }),
    handleIn(event, payload, socket, ref) {
      log.push(event);
      switch (event) {
        case "ping":
          return { ok: { echo: payload } };
        case "fail":
          return { error: { reason: "bad" } };
        case "custom":
          return { status: "maybe", response: { x: 1 } };
        case "quiet":
          return undefined;
        case "later":
          refs.push(ref);
          return undefined;
        case "push":
          socket.push("pushed", { n: 1 });
          return { ok: { n: 2 } };
        case "shout":
          socket.broadcast("shout", payload as object);
          return { ok: {} };
        case "whisper":
          socket.broadcastFrom("shout", payload as object);
          return { ok: {} };
        case "stop":
          return { stop: String((payload as { reason: string }).reason) };
        case "bye":
          return { stop: "normal", ok: { bye: true } };
        default:
          throw new UnhandledEventError(event);
      }
    },
    terminate: (reason) => void log.push(reason),
  };
}

describe("a join", () => {
  it("gets a reply with the refs of the client, whether it is accepted, refused or unmatched", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", {
      join: (payload, { topic }) =>
        topic === "room:denied" ? { error: { reason: "unauthorized" } } : { ok: { payload } },
    });
    const alice = await client();
    alice.send(
      ["1", "1", "room:lobby", "phx_join", { x: 1 }],
      ["2", "2", "room:denied", "phx_join", {}],
      ["2", "3", "room:denied", "ping", {}],
      ["4", "4", "street", "phx_join", {}],
      [7, null, "room:odd", "phx_join", null],
      ["5", "5", 5, "phx_join", {}],
      ["6", "6", "phoenix", "phx_join", {}, "a sixth"],
    );
    expect(await alice.take(7)).toEqual([
      reply("1", "1", "room:lobby", { payload: { x: 1 } }),
      reply("2", "2", "room:denied", { reason: "unauthorized" }, "error"),
      unmatched("3", "room:denied"),
      unmatched("4", "street"),
      reply(7, null, "room:odd", { payload: null }),
      unmatched("5", 5),
      unmatched("6", "phoenix"),
    ]);
  });

  it("is refused if its handler crashes: the error is reported, and the connection goes on", async () => {
    const { endpoint, client, errors } = await serveEndpoint();
    endpoint.channel("room:sync", {
      join: () => {
        throw new Error("out of order");
      },
    });
    endpoint.channel("room:async", { join: () => Promise.reject(new Error("later")) });
    endpoint.channel("room:wrong", { join: () => 5 as never });
    const alice = await client();
    const topics = ["room:sync", "room:async", "room:wrong"];
    alice.send(...topics.map((topic) => ["1", "1", topic, "phx_join", {}]));
    expect(await alice.take(3)).toEqual(
      topics.map((topic) => reply("1", "1", topic, { reason: "join crashed" }, "error")),
    );
    expect(errors.map(([, where]) => where)).toEqual(topics.map((topic) => ({ during: "join", topic })));
    expect(errors[2]![0]).toContain("The result of join is 5; it must be { ok }, { error }, or nothing");
  });

  it("delays the other messages of its connection, but not those of other connections", async () => {
    const { endpoint, client } = await serveEndpoint();
    let accept = (): void => {};
    const decided = new Promise<void>((resolve) => {
      accept = resolve;
    });
    endpoint.channel("room:slow", { join: () => decided });
    endpoint.channel("room:plain", plain);
    const [alice, bob] = [await client(), await client()];
    alice.send(
      ["1", "1", "room:slow", "phx_join", {}],
      [null, "2", "phoenix", "heartbeat", {}],
      ["3", "3", "room:plain", "phx_join", {}],
    );
    expect(await bob.settle()).toEqual([]);
    expect(alice.frames).toEqual([]);
    accept();
    expect(await alice.take(3)).toEqual([
      reply("1", "1", "room:slow"),
      reply(null, "2", "phoenix"),
      reply("3", "3", "room:plain"),
    ]);
  });

  it("is answered first; the pushes of join, those of afterJoin and the replies to later messages follow", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", {
      async join(_payload, socket) {
        socket.push("from join", {});
        await Promise.resolve();
      },
      async afterJoin(socket) {
        await Promise.resolve();
        socket.push("after join", {});
      },
      handleIn: () => ({ ok: {} }),
    });
    const alice = await client();
    alice.send(["1", "1", "room:a", "phx_join", {}], ["1", "2", "room:a", "ping", {}]);
    expect(await alice.take(4)).toEqual([
      reply("1", "1", "room:a"),
      ["1", null, "room:a", "from join", {}],
      ["1", null, "room:a", "after join", {}],
      reply("1", "2", "room:a"),
    ]);
  });

  it("ends the old join of its topic: the phx_close follows the reply to the new join", async () => {
    const { endpoint, client } = await serveEndpoint();
    const room = obedientChannel();
    endpoint.channel("room:*", room);
    const alice = await client();
    alice.send(["1", "1", "room:a", "phx_join", {}], ["2", "2", "room:a", "phx_join", {}]);
    alice.send(["1", "3", "room:a", "ping", {}], ["2", "4", "room:a", "ping", {}]);
    expect(await alice.settle()).toEqual([
      reply("1", "1", "room:a", { room: "a" }),
      reply("2", "2", "room:a", { room: "a" }),
      ["1", "1", "room:a", "phx_close", {}],
      reply("2", "4", "room:a", { echo: {} }),
    ]);
    expect(room.log).toEqual(["rejoined", "ping"]);
  });

  it("goes to the channel of its exact topic, or else to the longest pattern that matches", async () => {
    const { endpoint, client } = await serveEndpoint();
    for (const pattern of ["*", "room:*", "room:vip:*", "room:vip"]) {
      endpoint.channel(pattern, { join: () => ({ ok: { pattern } }) });
    }
    const alice = await client();
    const topics = ["street", "room:1", "room:vip:1", "room:vip"];
    alice.send(...topics.map((topic) => ["1", "1", topic, "phx_join", {}]));
    expect(await alice.take(4)).toEqual([
      reply("1", "1", "street", { pattern: "*" }),
      reply("1", "1", "room:1", { pattern: "room:*" }),
      reply("1", "1", "room:vip:1", { pattern: "room:vip:*" }),
      reply("1", "1", "room:vip", { pattern: "room:vip" }),
    ]);
    expect(() => endpoint.channel("room:*", plain)).toThrow(/The pattern "room:\*" has a channel already/);
    expect(() => endpoint.channel("a*b", plain)).toThrow(/The pattern is "a\*b"/);
    expect(() => endpoint.channel("b", {} as never)).toThrow(/The join of channel "b" is undefined/);
    expect(() => endpoint.channel("c", { ...plain, intercept: ["x"] })).toThrow(/has no handleOut/);
  });
});

describe("a push", () => {
  it("gets a reply with the status ok, error or another one, or no reply", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", obedientChannel());
    const alice = await client();
    alice.send(["1", "1", "room:a", "phx_join", {}]);
    const events = ["ping", "fail", "custom", "quiet", "push"];
    alice.send(...events.map((event, index) => ["1", `${index}`, "room:a", event, { n: 1 }]));
    alice.send(["1", null, "room:a", "ping", {}], [null, "9", "room:a", "ping", {}]);
    expect((await alice.settle()).slice(1)).toEqual([
      reply("1", "0", "room:a", { echo: { n: 1 } }),
      reply("1", "1", "room:a", { reason: "bad" }, "error"),
      reply("1", "2", "room:a", { x: 1 }, "maybe"),
      ["1", null, "room:a", "pushed", { n: 1 }],
      reply("1", "4", "room:a", { n: 2 }),
      reply("1", null, "room:a", { echo: {} }),
      reply("1", "9", "room:a", { echo: {} }),
    ]);
  });

  it.each([
    [5, "The result of handleIn is 5; it must be { ok }, { error }, { status, response }, or nothing."],
    [null, "The result of handleIn is null; it must be { ok }, { error }, { status, response }, or nothing."],
    [
      {},
      "The result of handleIn is an object; it must be { ok }, { error }, { status, response }, or nothing.",
    ],
    [{ stop: 5 }, "The stop in the result of handleIn is 5; it must be a string."],
    [
      { ok: 5 },
      "The payload is 5; it must be a plain object, or a Uint8Array. Send what JSON.stringify accepts.",
    ],
    [
      { status: "busy" },
      "The payload is undefined; it must be a plain object, or a Uint8Array. Send what JSON.stringify accepts.",
    ],
  ])(
    "ends the channel if handleIn returns %j, and the error says what is allowed",
    async (result, message) => {
      const { endpoint, client, errors } = await serveEndpoint();
      endpoint.channel("room:*", { join: () => {}, handleIn: () => result as never });
      const alice = await client();
      alice.send(["1", "1", "room:a", "phx_join", {}], ["1", "2", "room:a", "ping", {}]);
      expect((await alice.settle()).slice(1)).toEqual([
        ["1", "1", "room:a", "phx_error", { reason: "channel_crash" }],
      ]);
      expect(errors).toEqual([[message, { during: "handleIn", event: "ping", topic: "room:a" }]]);
    },
  );

  it("may get its reply later, unless the channel has ended by then", async () => {
    const { endpoint, client } = await serveEndpoint();
    const room = obedientChannel();
    const sockets: { reply(ref: ReplyRef, reply: { ok: object }): void }[] = [];
    endpoint.channel("room:*", { ...room, afterJoin: (socket) => void sockets.push(socket) });
    const alice = await client();
    alice.send(["1", "1", "room:a", "phx_join", {}], ["1", "2", "room:a", "later", {}]);
    alice.send(["1", "3", "room:a", "ping", {}]);
    await alice.take(2);
    sockets[0]!.reply(room.refs[0]!, { ok: { late: true } });
    expect(await alice.take(1)).toEqual([reply("1", "2", "room:a", { late: true })]);
    alice.send(["1", "4", "room:a", "phx_leave", {}]);
    await alice.take(2);
    sockets[0]!.reply(room.refs[0]!, { ok: {} });
    expect(await alice.settle()).toEqual([]);
  });

  it("waits until the async handler of the push before it is done", async () => {
    const { endpoint, client } = await serveEndpoint();
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    endpoint.channel("room:*", {
      join: () => {},
      async handleIn(event) {
        if (event === "slow") await finished;
        return { ok: { event } };
      },
    });
    const alice = await client();
    alice.send(["1", "1", "room:a", "phx_join", {}], ["2", "2", "room:b", "phx_join", {}]);
    alice.send(["1", "3", "room:a", "slow", {}], ["1", "4", "room:a", "fast", {}]);
    alice.send(["2", "5", "room:b", "fast", {}]);
    expect(await alice.settle()).toEqual([
      reply("1", "1", "room:a"),
      reply("2", "2", "room:b"),
      reply("2", "5", "room:b", { event: "fast" }),
    ]);
    finish();
    expect(await alice.take(2)).toEqual([
      reply("1", "3", "room:a", { event: "slow" }),
      reply("1", "4", "room:a", { event: "fast" }),
    ]);
  });
});

describe("a channel", () => {
  it("ends with a reply and phx_close when its client leaves; a leave of another topic gets a reply", async () => {
    const { endpoint, client } = await serveEndpoint();
    const room = obedientChannel();
    endpoint.channel("room:*", room);
    const alice = await client();
    alice.send(["1", "2", "room:a", "phx_join", {}], ["1", "3", "room:a", "phx_leave", {}]);
    alice.send(["1", "4", "room:a", "ping", {}], ["9", "5", "nowhere", "phx_leave", {}]);
    expect((await alice.settle()).slice(1)).toEqual([
      reply("1", "3", "room:a"),
      ["1", "1", "room:a", "phx_close", {}],
      unmatched("4", "room:a"),
      reply("9", "5", "nowhere"),
    ]);
    expect(room.log).toEqual(["left"]);
  });

  it("ignores a leave and a push of an earlier join", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", obedientChannel());
    const alice = await client();
    alice.send(["77", "1", "room:a", "phx_join", {}], ["78", "2", "room:a", "phx_leave", {}]);
    alice.send(["78", "3", "room:a", "ping", {}], [null, "4", "room:a", "phx_leave", {}]);
    expect((await alice.settle()).slice(1)).toEqual([
      reply("77", "4", "room:a"),
      ["77", "77", "room:a", "phx_close", {}],
    ]);
  });

  it.each([
    ["its handler throws", "unknown", {}, "phx_error", "crashed"],
    ["it stops for another reason", "stop", { reason: "tired" }, "phx_error", "crashed"],
    ["it stops for the reason normal", "stop", { reason: "normal" }, "phx_close", "stopped"],
    ["it stops for the reason shutdown", "stop", { reason: "shutdown" }, "phx_close", "stopped"],
  ])("ends without a reply when %s, and can be joined again", async (_when, event, payload, last, reason) => {
    const { endpoint, client } = await serveEndpoint();
    const room = obedientChannel();
    endpoint.channel("room:*", room);
    const alice = await client();
    alice.send(["7", "8", "room:a", "phx_join", {}], ["7", "9", "room:a", event, payload]);
    alice.send(["7", "10", "room:a", "ping", {}], ["12", "12", "room:a", "phx_join", {}]);
    expect((await alice.settle()).slice(1)).toEqual([
      ["7", "7", "room:a", last, last === "phx_error" ? { reason: "channel_crash" } : {}],
      unmatched("10", "room:a"),
      reply("12", "12", "room:a", { room: "a" }),
    ]);
    expect(room.log).toEqual([event, reason]);
  });

  it("sends the reply and then phx_close if its handler returns both a reply and a stop", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", obedientChannel());
    const alice = await client();
    alice.send(["7", "8", "room:a", "phx_join", {}], ["7", "9", "room:a", "bye", {}]);
    expect((await alice.settle()).slice(1)).toEqual([
      reply("7", "9", "room:a", { bye: true }),
      ["7", "7", "room:a", "phx_close", {}],
    ]);
  });

  it("reports the error of any handler, and the other channels go on", async () => {
    const { endpoint, client, errors } = await serveEndpoint({
      connect: () => ({ assigns: {}, id: "users:1" }),
    });
    endpoint.channel("room:*", {
      join: () => {},
      afterJoin: (socket) => {
        if (socket.topic === "room:after") throw new Error("after");
        socket.on("close", () => {
          throw new Error("close");
        });
      },
      handleIn: async () => {
        throw "not an error";
      },
      intercept: ["out"],
      handleOut: () => ({ ok: {} }),
      terminate: async () => {
        throw new Error("terminate");
      },
    });
    endpoint.channel("plain", plain);
    const alice = await client();
    alice.send(["1", "1", "plain", "phx_join", {}], ["2", "2", "room:after", "phx_join", {}]);
    alice.send(["3", "3", "room:in", "phx_join", {}], ["4", "4", "room:out", "phx_join", {}]);
    await alice.take(5);
    alice.send(["3", "5", "room:in", "boom", {}]);
    endpoint.broadcast("room:out", "out", {});
    expect(new Set(await alice.take(2))).toEqual(
      new Set([
        ["4", "4", "room:out", "phx_error", { reason: "channel_crash" }],
        ["3", "3", "room:in", "phx_error", { reason: "channel_crash" }],
      ]),
    );
    alice.send(["1", "6", "plain", "no handler", {}]);
    expect(await alice.settle()).toEqual([["1", "1", "plain", "phx_error", { reason: "channel_crash" }]]);
    const id = "users:1";
    expect(errors.filter(([, { topic }]) => topic === "room:in")).toEqual([
      ['A handler threw "not an error".', { during: "handleIn", event: "boom", topic: "room:in", id }],
      ["close", { during: "close", topic: "room:in", id }],
      ["terminate", { during: "terminate", topic: "room:in", id }],
    ]);
    expect(errors.map(([, where]) => where)).toContainEqual({ during: "afterJoin", topic: "room:after", id });
    expect(errors.map(([, where]) => where)).toContainEqual({
      ...{ during: "handleOut", event: "out", topic: "room:out", id },
    });
    expect(errors.at(-1)![0]).toContain("does not handle an event of the client");
  });

  it("can be stopped by the server, and sends nothing after its end", async () => {
    const { endpoint, client } = await serveEndpoint();
    const sockets: Parameters<NonNullable<ChannelHandlers["afterJoin"]>>[0][] = [];
    endpoint.channel("room:*", { join: () => {}, afterJoin: (socket) => void sockets.push(socket) });
    const [alice, bob] = [await client(), await client()];
    alice.send(["1", "1", "room:a", "phx_join", {}]);
    bob.send(["5", "6", "room:a", "phx_join", {}]);
    await alice.take(1);
    await bob.take(1);
    const closedAtEnd: boolean[] = [];
    sockets[0]!.on("close", () => closedAtEnd.push(sockets[0]!.closed));
    sockets[0]!.stop();
    sockets[0]!.stop();
    sockets[0]!.push("late", {});
    sockets[0]!.broadcast("late", {});
    expect(await alice.settle()).toEqual([["1", "1", "room:a", "phx_close", {}]]);
    expect(await bob.settle()).toEqual([]);
    expect(closedAtEnd).toEqual([true]);
  });

  it("calls terminate once, even if the client disconnects before its join is decided", async () => {
    const { endpoint, client } = await serveEndpoint();
    const reasons: string[] = [];
    let accept = (): void => {};
    const decided = new Promise<void>((resolve) => {
      accept = resolve;
    });
    endpoint.channel("room:*", {
      join: () => decided,
      afterJoin: () => void reasons.push("after"),
      terminate: (reason) => void reasons.push(reason),
    });
    const [alice, bob] = [await client(), await client()];
    alice.send(["1", "1", "room:a", "phx_join", {}]);
    await bob.settle();
    alice.socket.terminate();
    while (endpoint.socketCount > 1) await bob.settle();
    accept();
    await bob.settle();
    expect(reasons).toEqual(["disconnected"]);
  });
});

describe("broadcasts", () => {
  it("reach all clients in the topic before the reply, except the sender of a broadcastFrom", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", obedientChannel());
    const [alice, bob] = [await client(), await client()];
    alice.send(["1", "1", "room:a", "phx_join", {}]);
    bob.send(["5", "6", "room:a", "phx_join", {}], ["7", "7", "room:b", "phx_join", {}]);
    await alice.take(1);
    await bob.take(2);
    alice.send(["1", "2", "room:a", "shout", { m: 1 }], ["1", "3", "room:a", "whisper", { m: 2 }]);
    expect(await alice.take(3)).toEqual([
      [null, null, "room:a", "shout", { m: 1 }],
      reply("1", "2", "room:a"),
      reply("1", "3", "room:a"),
    ]);
    endpoint.broadcast("room:a", "news", { from: "server" });
    endpoint.broadcast("room:nobody", "news", {});
    expect(await bob.settle()).toEqual([
      [null, null, "room:a", "shout", { m: 1 }],
      [null, null, "room:a", "shout", { m: 2 }],
      [null, null, "room:a", "news", { from: "server" }],
    ]);
    expect(() => endpoint.broadcast("room:a", "news", 5 as never)).toThrow(/The payload is 5/);
    expect(() => endpoint.broadcast("room:a", "news", { big: 1n })).toThrow(/JSON can't carry/);
    expect(() => endpoint.broadcast(5 as never, "news", {})).toThrow(/topic is 5; it must be a string/);
  });

  it("of an intercepted event go through handleOut, and later ones may overtake them", async () => {
    const { endpoint, client } = await serveEndpoint<{ name: string }>({
      connect: (params) => ({ assigns: { name: params.get("name")! } }),
    });
    endpoint.channel("room:*", {
      join: () => {},
      intercept: ["filtered"],
      async handleOut(event, payload, socket) {
        await Promise.resolve();
        socket.push(event, { ...payload, for: socket.assigns.name });
      },
    });
    const [alice, bob] = [await client("vsn=2.0.0&name=alice"), await client("vsn=2.0.0&name=bob")];
    alice.send(["1", "1", "room:a", "phx_join", {}]);
    bob.send(["5", "6", "room:a", "phx_join", {}]);
    await alice.take(1);
    await bob.take(1);
    endpoint.broadcast("room:a", "filtered", { n: 1 });
    endpoint.broadcast("room:a", "plain", {});
    expect(await alice.take(2)).toEqual([
      [null, null, "room:a", "plain", {}],
      ["1", null, "room:a", "filtered", { n: 1, for: "alice" }],
    ]);
    expect((await bob.take(2))[1]).toEqual(["5", null, "room:a", "filtered", { n: 1, for: "bob" }]);
  });

  it("that a delivery causes reach all clients after the broadcast that caused them", async () => {
    const { endpoint, client } = await serveEndpoint();
    let isFirst = true;
    endpoint.channel("room:*", {
      join: () => {},
      intercept: ["one"],
      handleOut(event, payload, socket) {
        if (isFirst) socket.broadcast("two", {});
        isFirst = false;
        socket.push(event, payload);
      },
    });
    const [alice, bob] = [await client(), await client()];
    for (const one of [alice, bob]) one.send(["1", "1", "room:a", "phx_join", {}]);
    for (const one of [alice, bob]) await one.take(1);
    endpoint.broadcast("room:a", "one", {});
    for (const one of [alice, bob]) {
      expect((await one.take(2)).map((frame) => (frame as unknown[])[3])).toEqual(["one", "two"]);
    }
  });
});
