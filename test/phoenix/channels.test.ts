import { describe, expect, it } from "vitest";
import { type ChannelHandlers, type ReplyRef, UnhandledEventError } from "../../src/phoenix/index.ts";
import { reply, unmatched } from "./raw-client.ts";
import { serveEndpoint } from "./serve-endpoint.ts";

const plain: ChannelHandlers = { join: () => {} };

/** A channel that does what it is told. */
function talkative(): ChannelHandlers & { readonly told: string[]; readonly refs: ReplyRef[] } {
  const told: string[] = [];
  const refs: ReplyRef[] = [];
  return {
    told,
    refs,
    join: (_payload, { topic }) => ({ ok: { room: topic.slice(5) } }),
    handleIn(event, payload, socket, ref) {
      told.push(event);
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
    terminate: (reason) => void told.push(reason),
  };
}

describe("joining", () => {
  it("lets in, refuses and answers unmatched topics, each with the refs as they came", async () => {
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

  it("tells a join that crashed, reports it, and goes on", async () => {
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
    expect(errors[2]![0]).toContain("join gave 5; it must be { ok }, { error }, or nothing");
  });

  it("answers nothing else of a connection while it joins, and heartbeats of another", async () => {
    const { endpoint, client } = await serveEndpoint();
    let letIn = (): void => {};
    const decided = new Promise<void>((resolve) => {
      letIn = resolve;
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
    letIn();
    expect(await alice.take(3)).toEqual([
      reply("1", "1", "room:slow"),
      reply(null, "2", "phoenix"),
      reply("3", "3", "room:plain"),
    ]);
  });

  it("sends the reply first, then what join pushed, then what afterJoin did, then replies to what came behind", async () => {
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

  it("ends the old join of a topic that is joined again, behind the reply to the new one", async () => {
    const { endpoint, client } = await serveEndpoint();
    const room = talkative();
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
    expect(room.told).toEqual(["rejoined", "ping"]);
  });

  it("finds the exact topic before a pattern, and the longer pattern before the shorter", async () => {
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
    expect(() => endpoint.channel("room:*", plain)).toThrow(/There is a channel for "room:\*" already/);
    expect(() => endpoint.channel("a*b", plain)).toThrow(/The pattern is "a\*b"/);
    expect(() => endpoint.channel("b", {} as never)).toThrow(/The join of channel "b" is undefined/);
    expect(() => endpoint.channel("c", { ...plain, intercept: ["x"] })).toThrow(/has no handleOut/);
  });
});

describe("pushes and replies", () => {
  it("replies ok, error, with a status of one's own, or not at all", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", talkative());
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
    [5, "handleIn gave 5; it must be { ok }, { error }, { status, response }, or nothing."],
    [null, "handleIn gave null; it must be { ok }, { error }, { status, response }, or nothing."],
    [{}, "handleIn gave an object; it must be { ok }, { error }, { status, response }, or nothing."],
    [{ stop: 5 }, "handleIn, as stop, gave 5; it must be a string."],
    [
      { ok: 5 },
      "The payload is 5; it must be a plain object, or a Uint8Array. Send what JSON.stringify takes.",
    ],
    [
      { status: "busy" },
      "The payload is undefined; it must be a plain object, or a Uint8Array. Send what JSON.stringify takes.",
    ],
  ])("ends the channel of a handler that returns %j, and says what it may", async (result, message) => {
    const { endpoint, client, errors } = await serveEndpoint();
    endpoint.channel("room:*", { join: () => {}, handleIn: () => result as never });
    const alice = await client();
    alice.send(["1", "1", "room:a", "phx_join", {}], ["1", "2", "room:a", "ping", {}]);
    expect((await alice.settle()).slice(1)).toEqual([
      ["1", "1", "room:a", "phx_error", { reason: "channel_crash" }],
    ]);
    expect(errors).toEqual([[message, { during: "handleIn", event: "ping", topic: "room:a" }]]);
  });

  it("replies later, unless the channel is gone by then", async () => {
    const { endpoint, client } = await serveEndpoint();
    const room = talkative();
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

  it("handles what a client sends one after the other, also where a handler is async", async () => {
    const { endpoint, client } = await serveEndpoint();
    let go = (): void => {};
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    endpoint.channel("room:*", {
      join: () => {},
      async handleIn(event) {
        if (event === "slow") await held;
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
    go();
    expect(await alice.take(2)).toEqual([
      reply("1", "3", "room:a", { event: "slow" }),
      reply("1", "4", "room:a", { event: "fast" }),
    ]);
  });
});

describe("the end of a channel", () => {
  it("is told by a reply and phx_close when the client leaves, and leaves of others are answered", async () => {
    const { endpoint, client } = await serveEndpoint();
    const room = talkative();
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
    expect(room.told).toEqual(["left"]);
  });

  it("ignores a leave and a push of an earlier join", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", talkative());
    const alice = await client();
    alice.send(["77", "1", "room:a", "phx_join", {}], ["78", "2", "room:a", "phx_leave", {}]);
    alice.send(["78", "3", "room:a", "ping", {}], [null, "4", "room:a", "phx_leave", {}]);
    expect((await alice.settle()).slice(1)).toEqual([
      reply("77", "4", "room:a"),
      ["77", "77", "room:a", "phx_close", {}],
    ]);
  });

  it.each([
    ["a handler that throws", "unknown", {}, "phx_error", "crashed"],
    ["a reason of one's own", "stop", { reason: "tired" }, "phx_error", "crashed"],
    ["a normal stop", "stop", { reason: "normal" }, "phx_close", "stopped"],
    ["a shutdown", "stop", { reason: "shutdown" }, "phx_close", "stopped"],
  ])("by %s is told without a reply, and a fresh join works", async (_what, event, payload, told, reason) => {
    const { endpoint, client } = await serveEndpoint();
    const room = talkative();
    endpoint.channel("room:*", room);
    const alice = await client();
    alice.send(["7", "8", "room:a", "phx_join", {}], ["7", "9", "room:a", event, payload]);
    alice.send(["7", "10", "room:a", "ping", {}], ["12", "12", "room:a", "phx_join", {}]);
    expect((await alice.settle()).slice(1)).toEqual([
      ["7", "7", "room:a", told, told === "phx_error" ? { reason: "channel_crash" } : {}],
      unmatched("10", "room:a"),
      reply("12", "12", "room:a", { room: "a" }),
    ]);
    expect(room.told).toEqual([event, reason]);
  });

  it("by a stop with a reply is the reply, and then phx_close", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", talkative());
    const alice = await client();
    alice.send(["7", "8", "room:a", "phx_join", {}], ["7", "9", "room:a", "bye", {}]);
    expect((await alice.settle()).slice(1)).toEqual([
      reply("7", "9", "room:a", { bye: true }),
      ["7", "7", "room:a", "phx_close", {}],
    ]);
  });

  it("is reported where a handler threw, wherever that was, and the other channels go on", async () => {
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
        throw "no error at all";
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
      ['A handler threw "no error at all".', { during: "handleIn", event: "boom", topic: "room:in", id }],
      ["close", { during: "close", topic: "room:in", id }],
      ["terminate", { during: "terminate", topic: "room:in", id }],
    ]);
    expect(errors.map(([, where]) => where)).toContainEqual({ during: "afterJoin", topic: "room:after", id });
    expect(errors.map(([, where]) => where)).toContainEqual({
      ...{ during: "handleOut", event: "out", topic: "room:out", id },
    });
    expect(errors.at(-1)![0]).toContain('does not handle the event "no handler"');
  });

  it("comes of the server when it likes, and what is sent to one that has ended goes nowhere", async () => {
    const { endpoint, client } = await serveEndpoint();
    const sockets: Parameters<NonNullable<ChannelHandlers["afterJoin"]>>[0][] = [];
    endpoint.channel("room:*", { join: () => {}, afterJoin: (socket) => void sockets.push(socket) });
    const [alice, bob] = [await client(), await client()];
    alice.send(["1", "1", "room:a", "phx_join", {}]);
    bob.send(["5", "6", "room:a", "phx_join", {}]);
    await alice.take(1);
    await bob.take(1);
    const closed: boolean[] = [];
    sockets[0]!.on("close", () => closed.push(sockets[0]!.closed));
    sockets[0]!.stop();
    sockets[0]!.stop();
    sockets[0]!.push("late", {});
    sockets[0]!.broadcast("late", {});
    expect(await alice.settle()).toEqual([["1", "1", "room:a", "phx_close", {}]]);
    expect(await bob.settle()).toEqual([]);
    expect(closed).toEqual([true]);
  });

  it("is told to terminate once, also where the client went while its join was decided", async () => {
    const { endpoint, client } = await serveEndpoint();
    const reasons: string[] = [];
    let letIn = (): void => {};
    const decided = new Promise<void>((resolve) => {
      letIn = resolve;
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
    letIn();
    await bob.settle();
    expect(reasons).toEqual(["disconnected"]);
  });
});

describe("broadcasts", () => {
  it("reach all in the topic before the reply, from a handler and from outside, but for who is left out", async () => {
    const { endpoint, client } = await serveEndpoint();
    endpoint.channel("room:*", talkative());
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

  it("that are intercepted go through handleOut, in order with what else the channel does", async () => {
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

  it("that a delivery causes reach all after the one that caused them", async () => {
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
