import { articles } from "../../../examples/live-readers/articles.ts";
import type { Dice } from "../../support/dice.ts";
import { randomBytes } from "./random-frames.ts";
import { randomJson } from "./random-json.ts";

/** What to send to an example, and how to see that it still works afterwards. */
export interface FuzzTarget {
  readonly name: string;
  readonly script: string;
  /** The paths that it answers. */
  readonly paths: readonly string[];
  /** The paths of its WebSockets. */
  readonly socketPaths: readonly string[];
  /** A message for one of its WebSockets. */
  readonly message?: (dice: Dice) => string | Buffer;
  /** Messages that once stopped the example or its page, sent first. */
  readonly knownMessages?: readonly string[];
  /** The path of a page or of data that says how many people are there, and what it says when all are gone. */
  readonly empty: { readonly path: string; readonly text: string };
}

const article = articles[0]!.slug;

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: "live-readers",
    script: "examples/live-readers/main.ts",
    paths: ["/", `/articles/${article}`, "/live-readers.js", "/presence", "/live/"],
    socketPaths: ["/live/", `/live/articles/${article}`],
    message: (dice) => JSON.stringify(randomJson(dice)),
    empty: { path: `/articles/${article}`, text: 'data-count="0"' },
  },
  {
    name: "channel-counts",
    script: "examples/channel-counts/main.ts",
    paths: ["/", "/films/1", "/socket/websocket", "/socket/longpoll", "/assets/index.js"],
    socketPaths: [
      "/socket/websocket?vsn=2.0.0",
      "/socket/websocket?vsn=1.0.0",
      "/socket/websocket?vsn=2.0.0&token=demo-4f1c9ae27b",
      "//socket//websocket?vsn=2.0.0&token=%",
    ],
    message: (dice) => phoenixMessage(dice, ["film:1", "film:metropolis", "phoenix"], ["typing"]),
    empty: { path: "/", text: "" },
  },
  {
    name: "chat-room",
    script: "examples/chat-room/main.ts",
    paths: ["/", "/socket/websocket", "/socket/longpoll", "/assets/index.js"],
    socketPaths: [
      "/socket/websocket?vsn=2.0.0&name=alice&device=phone",
      "/socket/websocket?vsn=1.0.0&name=__proto__",
      "/socket/websocket?vsn=2.0.0&name=%20&device=%",
    ],
    message: (dice) => phoenixMessage(dice, ["room:snug", "room:attic", "phoenix"], ["typing", "say"]),
    empty: { path: "/", text: "" },
  },
  {
    name: "express",
    script: "examples/express.ts",
    paths: [
      "/articles/1",
      "/articles/1/events",
      "/articles/1/readers",
      `/articles/${"9".repeat(300)}/events`,
    ],
    socketPaths: [],
    empty: { path: "/articles/1/readers", text: '{"readers":{"count":0}}' },
  },
  {
    name: "fastify",
    script: "examples/fastify.ts",
    paths: ["/rooms/lobby", "/rooms/lobby/people", "/rooms/__proto__/people", "/rooms/%/people"],
    socketPaths: [
      "/rooms/lobby?name=alice",
      "/rooms/__proto__?name=constructor",
      "/rooms/lobby",
      "//?name=x",
    ],
    message: (dice) => JSON.stringify(randomJson(dice)),
    empty: { path: "/rooms/lobby/people", text: "{}" },
  },
  {
    name: "socket.io",
    script: "examples/socket-io.ts",
    paths: [
      "/",
      "/socket.io/",
      "/socket.io/?EIO=4&transport=polling",
      "/socket.io/?EIO=4&transport=polling&sid=x",
    ],
    socketPaths: ["/socket.io/?EIO=4&transport=websocket", "/socket.io/?EIO=3&transport=websocket"],
    message: socketIoPacket,
    knownMessages: ['40{"user":"alice"}', '42["join","lobby"]', '42["say","lobby",{"toString":1}]'],
    empty: { path: "/rooms/lobby", text: "" },
  },
];

/** A message of the Phoenix protocol, with parts of the wrong kind now and then. */
function phoenixMessage(dice: Dice, topics: readonly string[], events: readonly string[]): string | Buffer {
  if (dice.chance(0.05)) return randomBytes(dice, dice.integer(0, 60));
  const orJunk = (value: unknown) => (dice.chance(0.9) ? value : randomJson(dice));
  const event = dice.pick([
    "phx_join",
    "phx_join",
    "phx_leave",
    "heartbeat",
    "phx_close",
    "presence_diff",
    ...events,
  ]);
  const payload = dice.chance(0.5) ? { text: "hello", typing: dice.chance(0.5) } : randomJson(dice);
  const [joinRef, ref, topic] = [orJunk("1"), orJunk(String(dice.integer(1, 9))), orJunk(dice.pick(topics))];
  if (dice.chance(0.1)) return JSON.stringify(randomJson(dice));
  return dice.chance(0.8)
    ? JSON.stringify([joinRef, ref, topic, orJunk(event), payload])
    : JSON.stringify({ topic, event: orJunk(event), payload, ref, join_ref: joinRef });
}

/** A packet of Engine.IO, most often one that carries an event of Socket.IO. */
function socketIoPacket(dice: Dice): string | Buffer {
  if (dice.chance(0.05)) return randomBytes(dice, dice.integer(0, 60));
  if (dice.chance(0.25))
    return `40${dice.chance(0.7) ? '{"user":"alice"}' : JSON.stringify(randomJson(dice))}`;
  if (dice.chance(0.1))
    return dice.pick([
      "2",
      "3",
      "1",
      "41",
      "4",
      "44{}",
      "451-[]",
      '451-["join",{"_placeholder":true,"num":0}]',
      "9",
    ]);
  const room = dice.chance(0.8) ? "lobby" : randomJson(dice);
  const event = dice.pick(["join", "join", "leave", "say", "disconnect", "error", "connect", "__proto__"]);
  const parameters = dice.chance(0.8) ? [room, randomJson(dice)] : [];
  const acknowledged = dice.chance(0.5) ? String(dice.integer(0, 9)) : "";
  return `42${acknowledged}${JSON.stringify([dice.chance(0.9) ? event : randomJson(dice), ...parameters])}`;
}
