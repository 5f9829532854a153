import { createServer } from "node:http";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { createPresence, createTracker, memoryPubSub } from "../../src/index.ts";
import {
  createEndpoint,
  type Endpoint,
  presenceChannel,
  UnhandledEventError,
} from "../../src/phoenix/index.ts";
import { reply } from "../phoenix/raw-client.ts";
import { serveEndpoint } from "../phoenix/serve-endpoint.ts";
import { expectRefusal, INVALID, type Loose, type Misuse } from "./refusal.ts";

const made = (options: unknown) => () => createEndpoint(options as Loose);
const of =
  (handlers: unknown, pattern = "lobby") =>
  (endpoint: Loose) =>
    endpoint.channel(pattern, handlers);
const present = (options: unknown) => () => presenceChannel(options as Loose);
const presence = await createPresence({ pubsub: memoryPubSub() });
const tracker = await createTracker({ pubsub: memoryPubSub() });
const key = () => "alice";
const join = () => {};

const misuses: readonly Misuse<Endpoint>[] = [
  ["null as options", "options is null; it must be an object. Or leave them out.", INVALID, made(null)],
  [
    "a misspelled option",
    'There is no option "checkOrigins". Did you mean checkOrigin?',
    INVALID,
    made({ checkOrigins: true }),
  ],
  [
    "an object that is no pub/sub",
    "pubsub is an object; it must be a PubSub.",
    INVALID,
    made({ pubsub: {} }),
  ],
  [
    "a string as checkOrigin",
    'checkOrigin is "https://example.com"; it must be true, false, a list',
    INVALID,
    made({ checkOrigin: "https://example.com" }),
  ],
  [
    "NaN as a time",
    "idleTimeoutMs is NaN; it must be a number of ms above 0",
    INVALID,
    made({ idleTimeoutMs: Number.NaN }),
  ],
  [
    "a fraction as maxChannels",
    "maxChannels is 0.5; it must be a whole number of at least 1.",
    INVALID,
    made({ maxChannels: 0.5 }),
  ],
  [
    "zero as maxJoinsPerSecond",
    "maxJoinsPerSecond is 0; it must be a whole number of at least 1.",
    INVALID,
    made({ maxJoinsPerSecond: 0 }),
  ],
  [
    "a maxBytesPerSecond below maxFrameBytes",
    "maxBytesPerSecond is 1000; it must be at least maxFrameBytes, which is 65536.",
    INVALID,
    made({ maxBytesPerSecond: 1_000 }),
  ],
  [
    "a channel without a pattern",
    "The pattern is undefined; it must be a topic",
    INVALID,
    (e: Loose) => e.channel(),
  ],
  [
    "a channel without join",
    'The join of channel "lobby" is undefined; it must be a function',
    INVALID,
    of({}),
  ],
  [
    "a string as handler",
    'handleIn is "say"; it must be a function. Or leave it out.',
    INVALID,
    of({ join, handleIn: "say" }),
  ],
  [
    "a handler in snake case",
    'has a "handle_in", which is never called. Name it handleIn.',
    INVALID,
    of({ join, handle_in() {} }),
  ],
  [
    "a handler in lower case",
    'has a "afterjoin", which is never called. Name it afterJoin.',
    INVALID,
    of({ join, afterjoin() {} }),
  ],
  [
    "a string as intercept",
    'intercept is "said"; it must be a list of events',
    INVALID,
    of({ join, intercept: "said", handleOut() {} }),
  ],
  [
    "intercept without handleOut",
    "intercepts events but has no handleOut",
    INVALID,
    of({ join, intercept: ["said"] }),
  ],
  [
    "attach without a server",
    "server is undefined; it must be an HTTP server. Pass what createServer",
    INVALID,
    (e: Loose) => e.attach(),
  ],
  ["a port as server", "server is 4000; it must be an HTTP server.", INVALID, (e: Loose) => e.attach(4000)],
  [
    "an app as server",
    "server is a function; it must be an HTTP server.",
    INVALID,
    (e: Loose) => e.attach(() => {}),
  ],
  [
    "a path as options",
    'options is "/socket"; it must be an object. Pass { path: "/socket" }',
    INVALID,
    (e: Loose) => e.attach(createServer(), "/socket"),
  ],
  [
    "a path without a slash",
    'path is "socket"; it must be the path of the socket',
    INVALID,
    (e) => e.attach(createServer(), { path: "socket" }),
  ],
  [
    "broadcast without a payload",
    "The payload is undefined; it must be a plain object, or a Uint8Array.",
    INVALID,
    (e: Loose) => e.broadcast("lobby", "news"),
  ],
  [
    "broadcast without a topic",
    "topic is undefined; it must be a string.",
    INVALID,
    (e: Loose) => e.broadcast(undefined, "news", {}),
  ],
  [
    "broadcast of a bigint",
    "The payload is an object that JSON can't carry",
    INVALID,
    (e) => e.broadcast("lobby", "news", { id: 7n }),
  ],
  [
    "broadcast with a string as options",
    'options is "local"; it must be an object. Pass { local: true }',
    INVALID,
    (e: Loose) => e.broadcast("lobby", "news", {}, "local"),
  ],
  [
    "disconnect without an id",
    "id is undefined; it must be a string.",
    INVALID,
    (e: Loose) => e.disconnect(),
  ],
  [
    "close in a negative time",
    "overMs is -1; it must be a number of ms from 0",
    INVALID,
    (e) => e.close({ overMs: -1 }),
  ],
  [
    "close with a number as options",
    "options is 5000; it must be an object.",
    INVALID,
    (e: Loose) => e.close(5_000),
  ],
  [
    "a presence channel without options",
    "options is undefined; it must be an object. Pass { presence, key",
    INVALID,
    present(undefined),
  ],
  [
    "a presence channel without a presence",
    "presence is undefined; it must be a Presence. Pass what createPresence gives.",
    INVALID,
    present({ key }),
  ],
  [
    "a presence channel of a promise",
    "presence is a Promise; it must be a Presence. Await it first.",
    INVALID,
    present({ key, presence: Promise.resolve(presence) }),
  ],
  [
    "a presence channel of a tracker",
    "presence is a Tracker; it must be a Presence.",
    INVALID,
    present({ key, presence: tracker }),
  ],
  [
    "a presence channel without a key",
    "key is undefined; it must be a function. It returns the key that a client is tracked under",
    INVALID,
    present({ presence }),
  ],
  [
    "a presence channel with a string as key",
    'key is "alice"; it must be a function.',
    INVALID,
    present({ presence, key: "alice" }),
  ],
  [
    "a presence channel with an object as meta",
    "meta is an object; it must be a function.",
    INVALID,
    present({ presence, key, meta: {} }),
  ],
];

it.each(misuses)("an endpoint refuses %s and keeps serving: %s", async (_what, expected, code, attempt) => {
  const { endpoint, client } = await serveEndpoint();
  await expectRefusal(() => attempt(endpoint), code, expected);
  endpoint.channel("lobby", { join: () => ({ ok: { you: "alice" } }) });
  const alice = await client();
  alice.send(["1", "1", "lobby", "phx_join", {}]);
  expect(await alice.settle()).toEqual([reply("1", "1", "lobby", { you: "alice" })]);
});

it("a connect that returns true is refused, as sockets would have no assigns", async () => {
  const { endpoint, url, errors } = await serveEndpoint({ connect: () => true as Loose });
  const stranger = new WebSocket(url());
  await new Promise((resolve) => stranger.on("error", resolve));
  expect(endpoint.socketCount).toBe(0);
  const expected =
    "assigns is undefined; it must be an object. Have connect return { assigns: {} }, or false to refuse.";
  expect(errors).toEqual([[expected, { during: "connect" }]]);
});

it("a mistake in a handler ends its channel, and onError gets it", async () => {
  const { endpoint, client, errors } = await serveEndpoint();
  const wrongs: Record<string, (socket: Loose) => unknown> = {
    push: (socket) => socket.push(undefined, {}),
    broadcast: (socket) => socket.broadcast({ text: "hello" }),
    reply: (socket) => socket.reply(undefined, { ok: {} }),
    on: (socket) => socket.on("close"),
    unknown: () => Promise.reject(new UnhandledEventError(undefined as Loose)),
  };
  endpoint.channel("*", { join, handleIn: (event, _payload, socket) => wrongs[event]!(socket) as undefined });
  const alice = await client();
  for (const event of Object.keys(wrongs)) {
    alice.send(["1", "1", event, "phx_join", {}], ["1", "2", event, event, {}]);
    expect((await alice.settle()).at(-1)).toEqual([
      "1",
      "1",
      event,
      "phx_error",
      { reason: "channel_crash" },
    ]);
  }
  expect(errors.map(([message]) => message)).toEqual([
    "event is undefined; it must be a string. Pass the event first, then its payload.",
    "event is an object; it must be a string. Pass the event first, then its payload.",
    "ref is undefined; it must be the last parameter of handleIn. Keep that parameter, and pass it on.",
    "listener is undefined; it must be a function. Pass a function: it is called when the channel ends.",
    expect.stringContaining('The channel does not handle the event "undefined"'),
  ]);
});

it("a closed endpoint refuses channels, servers and broadcasts", async () => {
  const { endpoint } = await serveEndpoint();
  await endpoint.close();
  const calls: readonly Misuse<Endpoint>[] = [
    ["", "channel() was called on a closed Phoenix endpoint.", "CLOSED", of({ join })],
    ["", "attach() was called on a closed Phoenix endpoint", "CLOSED", (e) => e.attach(createServer())],
    [
      "",
      "broadcast() was called on a closed Phoenix endpoint",
      "CLOSED",
      (e) => e.broadcast("lobby", "news", {}),
    ],
  ];
  for (const [, expected, code, attempt] of calls)
    await expectRefusal(() => attempt(endpoint), code, expected);
});
