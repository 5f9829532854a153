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
    "a pub/sub that was not made",
    "pubsub is a function; it must be a PubSub.",
    INVALID,
    made({ pubsub: memoryPubSub }),
  ],
  ["a list of options", "options is an array; it must be an object.", INVALID, made([memoryPubSub()])],
  [
    "a word for a tracker",
    'options is "redis"; it must be an object.',
    INVALID,
    () => createTracker("redis" as Loose),
  ],
  [
    "an option misspelt",
    'There is no option "diffWindow". Did you mean diffWindowMs?',
    INVALID,
    over({ diffWindow: 5 }),
  ],
  [
    "a time below 0",
    "diffWindowMs is -1; it must be a number of ms from 0",
    INVALID,
    over({ diffWindowMs: -1 }),
  ],
  [
    "a time that is none",
    "fetchTimeoutMs is NaN; it must be a number of ms above 0",
    INVALID,
    over({ fetchTimeoutMs: Number.NaN }),
  ],
  [
    "a text for a time",
    'leaveDelayMs is "2s"; it must be a number of ms',
    INVALID,
    over({ leaveDelayMs: "2s" }),
  ],
  [
    "periods that contradict",
    "downPeriodMs is 1000; it must be at least 18000",
    INVALID,
    over({ downPeriodMs: 1_000 }),
  ],
  [
    "periods the wrong way round",
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
  [
    "what makes a schema",
    "meta is a function; it must be a Standard Schema",
    INVALID,
    over({ meta: metaOf }),
  ],
  ["no function as fetch", "fetch is an object; it must be a function.", INVALID, over({ fetch: {} })],
  [
    "no function as onKeyJoin",
    "onKeyJoin is true; it must be a function.",
    INVALID,
    over({ onKeyJoin: true }),
  ],
  ["to count no key", "countOnly was given nothing; it takes the keys to count", INVALID, counts()],
  ["to count undefined", "countOnly was given undefined", INVALID, counts(undefined)],
  ["to count a list", "countOnly was given an array", INVALID, counts(["readers"])],
  [
    "to follow no topic",
    "topic is undefined; it must be a string, not empty.",
    INVALID,
    (p: Loose) => p.subscribe(undefined, () => {}),
  ],
  ["to follow a number", "topic is 7; it must be a string", INVALID, (p: Loose) => p.subscribe(7, () => {})],
  [
    "to follow too long a topic",
    "topic takes 256 bytes; maxTopicBytes is 255.",
    "LIMIT",
    (p) => p.subscribe("x".repeat(256), () => {}),
  ],
  [
    "to follow without a listener",
    "listener is undefined; it must be a function.",
    INVALID,
    (p: Loose) => p.subscribe("lobby"),
  ],
  [
    "an event misspelt",
    'There is no event "diffs". Did you mean diff?',
    INVALID,
    (p: Loose) => p.on("diffs", () => {}),
  ],
  ["no listener", "listener is undefined; it must be a function.", INVALID, (p: Loose) => p.on("diff")],
  ["to list no topic", "topic is undefined; it must be a string.", INVALID, (p: Loose) => p.list()],
  [
    "to get no key",
    "key is undefined; it must be a string or finite number.",
    INVALID,
    (p: Loose) => p.getByKey("lobby"),
  ],
  ["to count no topic", "topic is null; it must be a string.", INVALID, (p: Loose) => p.count(null)],
  [
    "to untrack no topic",
    "topic is undefined",
    INVALID,
    (p: Loose) => p.untrack("alice", undefined, "alice"),
  ],
  [
    "to close with a word",
    "leave is 1; it must be true or false.",
    INVALID,
    (p: Loose) => p.close({ leave: 1 }),
  ],
];

it.each(misuses)("a presence refuses %s: %s", async (_what, says, code, attempt) => {
  const before = await presence.list("lobby");
  await expectRefusal(() => attempt(presence), code, says);
  expect(await presence.list("lobby")).toEqual(before);
  const first = new Promise((resolve) => presence.subscribe("lobby", ({ payload }) => resolve(payload)));
  expect(await first).toEqual(before);
  presence.track("bob", "lobby", "bob");
  expect(presence.count("lobby")).toBe(2);
});

const projections: readonly (readonly [what: string, says: string, fetch: () => unknown])[] = [
  ["nothing", "it returned undefined; it must return an object. Is a return missing?", () => {}],
  ["null", "it returned null; it must return an object. Return what readers see, by key.", () => null],
  ["a number", "it returned 7; it must return an object.", () => 7],
  ["a promise of nothing", "it returned undefined; it must return an object.", async () => {}],
  [
    "an error",
    "the database is away",
    () => {
      throw new Error("the database is away");
    },
  ],
  [
    "a text that it throws",
    'it threw "away".',
    () => {
      throw "away";
    },
  ],
];

it.each(projections)("a fetch that gives %s shows nothing in its place: %s", async (_what, says, fetch) => {
  let isWell = false;
  const diaries = await createPresence({
    pubsub: memoryPubSub(),
    fetch: (_topic, presences) => (isWell ? presences : (fetch() as never)),
  });
  diaries.track("alice", "lobby", "alice", { secret: "a diary" });
  await expectRefusal(() => diaries.list("lobby"), "FETCH", says);
  await expectRefusal(() => diaries.getByKey("lobby", "alice"), "FETCH", says);
  const messages: string[] = [];
  const failed = new Promise((resolve) => diaries.once("error", resolve));
  diaries.subscribe("lobby", (message) => messages.push(String(message)));
  expect(await failed).toMatchObject({ code: "FETCH", topic: "lobby" });
  expect(messages).toEqual([]);
  expect(diaries.count("lobby")).toBe(1);
  isWell = true;
  expect(Object.keys(await diaries.list("lobby"))).toEqual(["alice"]);
  await diaries.close();
});

it("a projection that holds another key has nothing for the one that was asked for", async () => {
  const other = await createPresence({ pubsub: memoryPubSub(), fetch: () => ({ bob: { metas: [] } }) });
  other.track("alice", "lobby", "alice");
  expect(await other.getByKey("lobby", "alice")).toBeUndefined();
  await other.close();
});

it("a projection that no JSON can hold is told as such, and to nobody else", async () => {
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

it("a closed presence refuses to be followed, and a closed pub/sub to carry one", async () => {
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
