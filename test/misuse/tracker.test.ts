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

/** Everything that reads of the tracker return. */
function view() {
  const topics = tracker.topics();
  return topics.map((topic) => [topic, tracker.list(topic), tracker.count(topic), tracker.keyCount(topic)]);
}

/** Objects nested this deep. */
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
    "an AbortController as owner",
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
  ["an object as key", "key is an object; it must be a string", INVALID, track("bob", "lobby", { id: 7 })],
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
    "meta is a Promise; it must be a plain JSON object, such as",
    INVALID,
    meta(Promise.resolve({})),
  ],
  ["a circular meta", "meta.self is meta again; a meta can't be circular.", INVALID, meta(circle)],
  [
    "a function in a meta",
    "meta.say is a function; a meta holds only JSON values",
    INVALID,
    meta({ say() {} }),
  ],
  ["a bigint in a meta", "meta.id is a bigint; a meta holds only JSON values", INVALID, meta({ id: 7n })],
  [
    "a Date in a meta",
    "meta.at is a Date; a meta holds only JSON values",
    INVALID,
    meta({ at: new Date(0) }),
  ],
  ["a Map in a meta", "Use Object.fromEntries(map).", INVALID, meta({ roles: new Map() })],
  [
    "an instance in a meta",
    "meta.by is an EventEmitter; a meta holds only",
    INVALID,
    meta({ by: new EventEmitter() }),
  ],
  ["NaN in a meta", "meta.x is NaN; a meta holds only JSON values", INVALID, meta({ x: Number.NaN })],
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
    "the same presence twice",
    "This owner already holds key",
    "ALREADY_TRACKED",
    (t) => t.track(socket, "lobby", "alice"),
  ],
  [
    "an update of a missing key",
    'holds no key "bob" in topic "lobby"',
    "NOT_TRACKED",
    (t) => t.update(socket, "lobby", "bob", {}),
  ],
  [
    "an update without an owner",
    "The owner is undefined",
    INVALID,
    (t: Loose) => t.update(undefined, "lobby", "alice", {}),
  ],
  [
    "an update without a topic",
    "topic is undefined",
    INVALID,
    (t: Loose) => t.update(socket, undefined, "alice", {}),
  ],
  [
    "an update with a symbol as key",
    "key is a symbol",
    INVALID,
    (t: Loose) => t.update(socket, "lobby", Symbol("alice"), {}),
  ],
  [
    "an update without a meta",
    "meta is undefined",
    INVALID,
    (t: Loose) => t.update(socket, "lobby", "alice"),
  ],
  [
    "an async update",
    "meta is a Promise",
    INVALID,
    (t: Loose) => t.update(socket, "lobby", "alice", async () => ({})),
  ],
  ["untrack without an owner", "The owner is undefined", INVALID, (t: Loose) => t.untrack(undefined)],
  [
    "untrack of an undefined topic",
    "topic is undefined",
    INVALID,
    (t: Loose) => t.untrack(socket, undefined, "alice"),
  ],
  ["untrack of a topic without a key", "key is undefined", INVALID, (t: Loose) => t.untrack(socket, "lobby")],
  ["the end of a number", "The owner is 7", INVALID, (t: Loose) => t.end(7)],
  ["presencesOf null", "The owner is null", INVALID, (t: Loose) => t.presencesOf(null)],
  ["list without a topic", "topic is undefined; it must be a string.", INVALID, (t: Loose) => t.list()],
  ["count of an object", "topic is an object; it must be a string.", INVALID, (t: Loose) => t.count({})],
  [
    "count of a null key",
    "key is null; it must be a string or finite number.",
    INVALID,
    (t: Loose) => t.count("lobby", null),
  ],
  ["keyCount of a number", "topic is 7; it must be a string.", INVALID, (t: Loose) => t.keyCount(7)],
  [
    "getByKey without a key",
    "key is undefined; it must be a string",
    INVALID,
    (t: Loose) => t.getByKey("lobby"),
  ],
  ["no listener", "listener is undefined; it must be a function.", INVALID, listen("diff")],
  ["an object as listener", "listener is an object; it must be a function.", INVALID, listen("diff", {})],
  [
    "a misspelled event name",
    'There is no event "dif". Did you mean diff?',
    INVALID,
    listen("dif", () => {}),
  ],
  [
    "an undefined event name",
    "There is no event undefined. The events are diff, error,",
    INVALID,
    listen(undefined, () => {}),
  ],
  ["once without a listener", "listener is null", INVALID, (t: Loose) => t.once("diff", null)],
  ["off without a listener", "listener is undefined", INVALID, (t: Loose) => t.off("diff")],
  ["synced with null", "options is null; it must be an object.", INVALID, (t: Loose) => t.synced(null)],
  ["synced with a number", "options is 5000; it must be an object.", INVALID, (t: Loose) => t.synced(5_000)],
  [
    "synced with NaN",
    "timeoutMs is NaN; it must be a number of ms",
    INVALID,
    (t) => t.synced({ timeoutMs: Number.NaN }),
  ],
  [
    "synced with a misspelled option",
    "Did you mean timeoutMs?",
    INVALID,
    (t: Loose) => t.synced({ timeout: 5 }),
  ],
  [
    "close with a string for leave",
    'leave is "yes"; it must be true or false.',
    INVALID,
    (t: Loose) => t.close({ leave: "yes" }),
  ],
  [
    "close with true",
    "options is true; it must be an object. Pass { leave: true }",
    INVALID,
    (t: Loose) => t.close(true),
  ],
];

describe("a tracker refuses and keeps working:", () => {
  it.each(misuses)("%s: %s", async (_what, expected, code, attempt) => {
    const before = view();
    const diffs: unknown[] = [];
    tracker.on("diff", (diff) => diffs.push(diff));
    await expectRefusal(() => attempt(tracker), code, expected);
    expect(view()).toEqual(before);
    expect(diffs).toEqual([]);
    tracker.track(socket, "lobby", "carol");
    expect(tracker.count("lobby")).toBe(2);
    socket.emit("close");
    expect(tracker.topics()).toEqual([]);
  });

  it("a request as owner, as it closes when its body has been read", async () => {
    const server = createServer((request, response) => {
      expectRefusal(() => tracker.track(request, "lobby", "bob"), INVALID, "Pass the response (res)").then(
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
  ["track", "track() was called on a closed tracker.", "CLOSED", (t) => t.track("bob", "lobby", "bob")],
  [
    "update",
    "update() was called on a closed tracker",
    "CLOSED",
    (t) => t.update(socket, "lobby", "alice", {}),
  ],
];

it.each(closed)("a closed tracker refuses %s", async (_what, expected, code, attempt) => {
  await tracker.close();
  const before = view();
  await expectRefusal(() => attempt(tracker), code, expected);
  tracker.untrack(socket);
  tracker.end(socket);
  expect(view()).toEqual(before);
  expect(await tracker.synced()).toBe(false);
});
