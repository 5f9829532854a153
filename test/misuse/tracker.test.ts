import { EventEmitter } from "node:events";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTracker, memoryPubSub, type Tracker } from "../../src/index.ts";
import { expectRefusal, INVALID, type Loose, type Misuse } from "./refusal.ts";

let tracker: Tracker;
let socket: EventEmitter;

beforeEach(async () => {
  tracker = await createTracker({
    pubsub: memoryPubSub(),
    maxTopicBytes: 20,
    maxKeyBytes: 10,
    maxMetaBytes: 50,
  });
  socket = new EventEmitter();
  tracker.track(socket, "lobby", "alice", { device: "phone" });
  tracker.track(socket, "attic", "alice");
});

afterEach(() => tracker.close());

/** All that a reader can see of it. */
function view() {
  const topics = tracker.topics();
  return topics.map((topic) => [topic, tracker.list(topic), tracker.count(topic), tracker.keyCount(topic)]);
}

/** `levels` objects, one in the other. */
function nested(levels: number): object {
  return levels === 1 ? {} : { in: nested(levels - 1) };
}

const circle: { self?: object } = {};
circle.self = circle;

const listen = (name: unknown, listener?: unknown) => (t: Loose) => t.on(name, listener);
const track =
  (...parameters: unknown[]) =>
  (t: Loose) =>
    t.track(...parameters);
const meta = (given: unknown) => (t: Loose) => t.track(socket, "lobby", "bob", given);

const misuses: readonly Misuse<Tracker>[] = [
  [
    "no owner",
    "The owner is undefined; it must be an AbortSignal",
    INVALID,
    track(undefined, "lobby", "bob"),
  ],
  ["a number as owner", "The owner is 7; it must be", INVALID, track(7, "lobby", "bob")],
  [
    "an object that never ends",
    "The owner is an object; it must be",
    INVALID,
    track({ id: 7 }, "lobby", "bob"),
  ],
  [
    "a controller for its signal",
    "The owner is an AbortController",
    INVALID,
    track(new AbortController(), "lobby", "b"),
  ],
  ["an empty owner", 'The owner is ""; it must be', INVALID, track("", "lobby", "bob")],
  [
    "no topic",
    "topic is undefined; it must be a string, not empty.",
    INVALID,
    track("bob", undefined, "bob"),
  ],
  ["an empty topic", 'topic is ""; it must be a string, not empty.', INVALID, track("bob", "", "bob")],
  ["a number as topic", "topic is 7; it must be a string, not empty.", INVALID, track("bob", 7, "bob")],
  ["an object as topic", "topic is an object; it must be a string", INVALID, track("bob", { id: 7 }, "bob")],
  [
    "a topic too long",
    "topic takes 21 bytes; maxTopicBytes is 20.",
    "LIMIT",
    track("bob", "x".repeat(21), "bob"),
  ],
  ["no key", "key is undefined; it must be a string or finite number", INVALID, track("bob", "lobby")],
  ["an empty key", 'key is ""; it must be', INVALID, track("bob", "lobby", "")],
  [
    "NaN as key",
    "key is NaN; it must be a string or finite number",
    INVALID,
    track("bob", "lobby", Number.NaN),
  ],
  ["a user as key", "key is an object; it must be a string", INVALID, track("bob", "lobby", { id: 7 })],
  [
    "a key too long",
    "key takes 11 bytes; maxKeyBytes is 10.",
    "LIMIT",
    track("bob", "lobby", "x".repeat(11)),
  ],
  ["null as meta", "meta is null; it must be a plain JSON object", INVALID, meta(null)],
  ["an array as meta", "meta is an array; it must be a plain JSON object", INVALID, meta([1])],
  [
    "a promise as meta",
    "meta is a Promise; it must be a plain JSON object, as in",
    INVALID,
    meta(Promise.resolve({})),
  ],
  ["a circle", "meta.self is meta again; a meta can't be circular.", INVALID, meta(circle)],
  [
    "a function within",
    "meta.say is a function; a meta holds only JSON values",
    INVALID,
    meta({ say() {} }),
  ],
  ["a bigint within", "meta.id is a bigint; a meta holds only JSON values", INVALID, meta({ id: 7n })],
  [
    "a Date within",
    "meta.at is a Date; a meta holds only JSON values",
    INVALID,
    meta({ at: new Date(0) }),
  ],
  ["a Map within", "Use Object.fromEntries(map).", INVALID, meta({ roles: new Map() })],
  [
    "an instance within",
    "meta.by is an EventEmitter; a meta holds only",
    INVALID,
    meta({ by: new EventEmitter() }),
  ],
  ["NaN within", "meta.x is NaN; a meta holds only JSON values", INVALID, meta({ x: Number.NaN })],
  [
    "a meta too deep",
    "is nested too deep; a meta nests at most 32 objects and arrays.",
    INVALID,
    meta(nested(33)),
  ],
  [
    "a meta too large",
    "meta takes 68 bytes of JSON; maxMetaBytes is 50.",
    "LIMIT",
    meta({ text: "x".repeat(57) }),
  ],
  [
    "the same once more",
    "This owner already holds key",
    "ALREADY_TRACKED",
    (t) => t.track(socket, "lobby", "alice"),
  ],
  [
    "an update of nobody",
    'holds no key "bob" in topic "lobby"',
    "NOT_TRACKED",
    (t) => t.update(socket, "lobby", "bob", {}),
  ],
  [
    "an update by nobody",
    "The owner is undefined",
    INVALID,
    (t: Loose) => t.update(undefined, "lobby", "alice", {}),
  ],
  [
    "an update of no topic",
    "topic is undefined",
    INVALID,
    (t: Loose) => t.update(socket, undefined, "alice", {}),
  ],
  [
    "an update of no key",
    "key is a symbol",
    INVALID,
    (t: Loose) => t.update(socket, "lobby", Symbol("alice"), {}),
  ],
  ["an update to nothing", "meta is undefined", INVALID, (t: Loose) => t.update(socket, "lobby", "alice")],
  [
    "an async update",
    "meta is a Promise",
    INVALID,
    (t: Loose) => t.update(socket, "lobby", "alice", async () => ({})),
  ],
  ["to untrack nobody", "The owner is undefined", INVALID, (t: Loose) => t.untrack(undefined)],
  ["to untrack no topic", "topic is undefined", INVALID, (t: Loose) => t.untrack(socket, undefined, "alice")],
  ["to untrack a topic", "key is undefined", INVALID, (t: Loose) => t.untrack(socket, "lobby")],
  ["to end a number", "The owner is 7", INVALID, (t: Loose) => t.end(7)],
  ["to ask what nobody holds", "The owner is null", INVALID, (t: Loose) => t.presencesOf(null)],
  ["to list no topic", "topic is undefined; it must be a string.", INVALID, (t: Loose) => t.list()],
  ["to count an object", "topic is an object; it must be a string.", INVALID, (t: Loose) => t.count({})],
  [
    "to count a null",
    "key is null; it must be a string or finite number.",
    INVALID,
    (t: Loose) => t.count("lobby", null),
  ],
  ["to count keys of a number", "topic is 7; it must be a string.", INVALID, (t: Loose) => t.keyCount(7)],
  ["to get no key", "key is undefined; it must be a string", INVALID, (t: Loose) => t.getByKey("lobby")],
  ["no listener", "listener is undefined; it must be a function.", INVALID, listen("diff")],
  ["an object as listener", "listener is an object; it must be a function.", INVALID, listen("diff", {})],
  ["an event misspelt", 'There is no event "dif". Did you mean diff?', INVALID, listen("dif", () => {})],
  [
    "an event of no name",
    "There is no event undefined. The events are diff, error,",
    INVALID,
    listen(undefined, () => {}),
  ],
  ["once, and no listener", "listener is null", INVALID, (t: Loose) => t.once("diff", null)],
  ["off, and no listener", "listener is undefined", INVALID, (t: Loose) => t.off("diff")],
  ["to wait for null", "options is null; it must be an object.", INVALID, (t: Loose) => t.synced(null)],
  ["to wait for a number", "options is 5000; it must be an object.", INVALID, (t: Loose) => t.synced(5_000)],
  [
    "to wait for NaN",
    "timeoutMs is NaN; it must be a number of ms",
    INVALID,
    (t) => t.synced({ timeoutMs: Number.NaN }),
  ],
  ["to wait, misspelt", "Did you mean timeoutMs?", INVALID, (t: Loose) => t.synced({ timeout: 5 })],
  [
    "to close with a word",
    'leave is "yes"; it must be true or false.',
    INVALID,
    (t: Loose) => t.close({ leave: "yes" }),
  ],
  [
    "to close with true",
    "options is true; it must be an object. Pass { leave: true }",
    INVALID,
    (t: Loose) => t.close(true),
  ],
];

describe("a tracker refuses, and goes on as before:", () => {
  it.each(misuses)("%s: %s", async (_what, says, code, attempt) => {
    const before = view();
    const told: unknown[] = [];
    tracker.on("diff", (diff) => told.push(diff));
    await expectRefusal(() => attempt(tracker), code, says);
    expect(view()).toEqual(before);
    expect(told).toEqual([]);
    tracker.track(socket, "lobby", "carol");
    expect(tracker.count("lobby")).toBe(2);
    socket.emit("close");
    expect(tracker.topics()).toEqual([]);
  });

  it("a request as owner, which is over when it was read", async () => {
    const server = createServer((request, response) => {
      expectRefusal(
        () => tracker.track(request, "lobby", "bob"),
        INVALID,
        "Pass the response (res)",
      ).then(
        () => response.end("refused"),
        (error) => response.end(String(error)),
      );
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const text = await new Promise<string>((resolve) => {
      get(`http://127.0.0.1:${port}`, (response) => response.setEncoding("utf8").on("data", resolve));
    });
    expect(text).toBe("refused");
    expect(tracker.count("lobby")).toBe(1);
    server.close();
  });
});

const closed: readonly Misuse<Tracker>[] = [
  [
    "to track",
    "track() was called on a closed tracker.",
    "CLOSED",
    (t) => t.track("bob", "lobby", "bob"),
  ],
  ["to update", "update() was called on a tracker", "CLOSED", (t) => t.update(socket, "lobby", "alice", {})],
];

it.each(closed)("a closed tracker refuses %s", async (_what, says, code, attempt) => {
  await tracker.close();
  const before = view();
  await expectRefusal(() => attempt(tracker), code, says);
  tracker.untrack(socket);
  tracker.end(socket);
  expect(view()).toEqual(before);
  expect(await tracker.synced()).toBe(false);
});
