import { afterEach, beforeEach, expect, it } from "vitest";
import {
  countOnly,
  createPresence,
  createTracker,
  memoryPubSub,
  metaOf,
  type Presence,
} from "../../src/index.ts";
import { expectRefusal, INVALID, type Loose, type Misuse } from "./refusal.ts";

let presence: Presence;

beforeEach(async () => {
  presence = await createPresence({ pubsub: memoryPubSub() });
  presence.track("alice", "lobby", "alice");
});

afterEach(() => presence.close());

const made = (options: unknown) => () => createPresence(options as Loose);
const over = (options: object) => made({ pubsub: memoryPubSub(), ...options });
const counts =
  (...keys: unknown[]) =>
  () =>
    countOnly(...(keys as Loose));

const misuses: readonly Misuse<Presence>[] = [
  [
    "no options",
    "options is undefined; it must be an object. Pass at least { pubsub: memoryPubSub() }.",
    INVALID,
    made(undefined),
  ],
  ["no pub/sub", "pubsub is undefined; it must be a PubSub.", INVALID, made({})],
  [
    "a pub/sub factory",
    "pubsub is a function; it must be a PubSub.",
    INVALID,
    made({ pubsub: memoryPubSub }),
  ],
  ["an array of options", "options is an array; it must be an object.", INVALID, made([memoryPubSub()])],
  [
    "a string as tracker options",
    'options is "redis"; it must be an object.',
    INVALID,
    () => createTracker("redis" as Loose),
  ],
  [
    "a misspelled option",
    'There is no option "diffWindow". Did you mean diffWindowMs?',
    INVALID,
    over({ diffWindow: 5 }),
  ],
  [
    "a negative time",
    "diffWindowMs is -1; it must be a number of ms from 0",
    INVALID,
    over({ diffWindowMs: -1 }),
  ],
  [
    "NaN as a time",
    "fetchTimeoutMs is NaN; it must be a number of ms above 0",
    INVALID,
    over({ fetchTimeoutMs: Number.NaN }),
  ],
  [
    "a string as a time",
    'leaveDelayMs is "2s"; it must be a number of ms',
    INVALID,
    over({ leaveDelayMs: "2s" }),
  ],
  [
    "contradicting periods",
    "downPeriodMs is 1000; it must be at least 18000",
    INVALID,
    over({ downPeriodMs: 1_000 }),
  ],
  [
    "a permdownPeriodMs below downPeriodMs",
    "it must be above downPeriodMs, which is 30000.",
    INVALID,
    over({ permdownPeriodMs: 20_000 }),
  ],
  [
    "a limit of 0",
    "maxPerOwner is 0; it must be a whole number of at least 1",
    INVALID,
    over({ maxPerOwner: 0 }),
  ],
  ["a schema factory", "meta is a function; it must be a Standard Schema", INVALID, over({ meta: metaOf })],
  ["an object as fetch", "fetch is an object; it must be a function.", INVALID, over({ fetch: {} })],
  ["true as onKeyJoin", "onKeyJoin is true; it must be a function.", INVALID, over({ onKeyJoin: true })],
  ["countOnly without keys", "countOnly was given nothing; it takes the keys to count", INVALID, counts()],
  ["countOnly of undefined", "countOnly was given undefined", INVALID, counts(undefined)],
  ["countOnly of an array", "countOnly was given an array", INVALID, counts(["readers"])],
  [
    "subscribe without a topic",
    "topic is undefined; it must be a string, not empty.",
    INVALID,
    (p: Loose) => p.subscribe(undefined, () => {}),
  ],
  [
    "subscribe to a number",
    "topic is 7; it must be a string",
    INVALID,
    (p: Loose) => p.subscribe(7, () => {}),
  ],
  [
    "subscribe to a topic that is too long",
    "topic takes 256 bytes; maxTopicBytes is 255.",
    "LIMIT",
    (p) => p.subscribe("x".repeat(256), () => {}),
  ],
  [
    "subscribe without a listener",
    "listener is undefined; it must be a function.",
    INVALID,
    (p: Loose) => p.subscribe("lobby"),
  ],
  [
    "a misspelled event name",
    'There is no event "diffs". Did you mean diff?',
    INVALID,
    (p: Loose) => p.on("diffs", () => {}),
  ],
  ["no listener", "listener is undefined; it must be a function.", INVALID, (p: Loose) => p.on("diff")],
  ["list without a topic", "topic is undefined; it must be a string.", INVALID, (p: Loose) => p.list()],
  [
    "getByKey without a key",
    "key is undefined; it must be a string or finite number.",
    INVALID,
    (p: Loose) => p.getByKey("lobby"),
  ],
  ["count without a topic", "topic is null; it must be a string.", INVALID, (p: Loose) => p.count(null)],
  [
    "untrack of an undefined topic",
    "topic is undefined",
    INVALID,
    (p: Loose) => p.untrack("alice", undefined, "alice"),
  ],
  [
    "close with a number for leave",
    "leave is 1; it must be true or false.",
    INVALID,
    (p: Loose) => p.close({ leave: 1 }),
  ],
];

it.each(misuses)("a presence refuses %s: %s", async (_what, expected, code, attempt) => {
  const before = await presence.list("lobby");
  await expectRefusal(() => attempt(presence), code, expected);
  expect(await presence.list("lobby")).toEqual(before);
  const first = new Promise((resolve) => presence.subscribe("lobby", ({ payload }) => resolve(payload)));
  expect(await first).toEqual(before);
  presence.track("bob", "lobby", "bob");
  expect(presence.count("lobby")).toBe(2);
});

const projections: readonly (readonly [what: string, expected: string, fetch: () => unknown])[] = [
  ["nothing", "it returned undefined; it must return an object. Is a return missing?", () => {}],
  ["null", "it returned null; it must return an object. Return what readers see, by key.", () => null],
  ["a number", "it returned 7; it must return an object.", () => 7],
  ["a promise of undefined", "it returned undefined; it must return an object.", async () => {}],
  [
    "an error",
    "the database is away",
    () => {
      throw new Error("the database is away");
    },
  ],
  [
    "a string that it throws",
    'it threw "away".',
    () => {
      throw "away";
    },
  ],
];

it.each(projections)(
  "a fetch that returns or throws %s fails, and nothing is sent in its place: %s",
  async (_what, expected, fetch) => {
    let isWell = false;
    const diaries = await createPresence({
      pubsub: memoryPubSub(),
      fetch: (_topic, presences) => (isWell ? presences : (fetch() as never)),
    });
    diaries.track("alice", "lobby", "alice", { secret: "a diary" });
    await expectRefusal(() => diaries.list("lobby"), "FETCH", expected);
    await expectRefusal(() => diaries.getByKey("lobby", "alice"), "FETCH", expected);
    const messages: string[] = [];
    const failed = new Promise((resolve) => diaries.once("error", resolve));
    diaries.subscribe("lobby", (message) => messages.push(String(message)));
    expect(await failed).toMatchObject({ code: "FETCH", topic: "lobby" });
    expect(messages).toEqual([]);
    expect(diaries.count("lobby")).toBe(1);
    isWell = true;
    expect(Object.keys(await diaries.list("lobby"))).toEqual(["alice"]);
    await diaries.close();
  },
);

it("getByKey returns nothing if the projection has only other keys", async () => {
  const other = await createPresence({ pubsub: memoryPubSub(), fetch: () => ({ bob: { metas: [] } }) });
  other.track("alice", "lobby", "alice");
  expect(await other.getByKey("lobby", "alice")).toBeUndefined();
  await other.close();
});

it("a projection that can't become JSON causes an error event", async () => {
  const odd = await createPresence({ pubsub: memoryPubSub(), fetch: () => ({ alice: { id: 7n } }) });
  odd.track("alice", "lobby", "alice");
  const failed = new Promise((resolve) => odd.once("error", resolve));
  odd.subscribe("lobby", (message) => String(message));
  expect(await failed).toMatchObject({
    code: INVALID,
    message: expect.stringContaining("The projection of fetch can't become JSON"),
  });
  await odd.close();
});

it("a closed presence refuses subscribers, and a closed pub/sub refuses presences", async () => {
  await presence.close();
  await expectRefusal(
    () => presence.subscribe("lobby", () => {}),
    "CLOSED",
    "subscribe() was called on a closed presence.",
  );
  const pubsub = memoryPubSub();
  await pubsub.close();
  await expectRefusal(
    () => createPresence({ pubsub }),
    "CLOSED",
    "subscribe() was called on a closed pub/sub.",
  );
});
