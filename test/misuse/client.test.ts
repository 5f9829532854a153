import { expect, it } from "vitest";
import {
  createCountStore,
  createPresenceStore,
  PresenceClient,
  type PresenceState,
  type PresenceStore,
  presenceReducer,
  syncCounts,
  syncDiff,
  syncState,
} from "../../src/client/index.ts";
import { bundleCode } from "../support/bundle.ts";
import { expectRefusal, INVALID, type Loose, type Misuse } from "./refusal.ts";

const alice = { alice: { metas: [{ phx_ref: "tokyo.1" }] } };
const bob = { bob: { metas: [{ phx_ref: "tokyo.2" }] } };
const state = (payload: unknown): Loose => ({ event: "presence_state", payload });
const diff = (payload: unknown): Loose => ({ event: "presence_diff", payload });

const malformed: readonly (readonly [what: string, expected: string, message: Loose])[] = [
  ["an undefined state", "state: undefined given; pass an object.", state(undefined)],
  ["a null state", "state: null given; pass an object.", state(null)],
  ["an array as state", "state: list given; pass an object.", state(["alice"])],
  ["a string as state", "state: string given; pass an object.", state("alice")],
  ["an undefined diff", "diff: undefined given; pass an object.", diff(undefined)],
  ["a diff without joins", "joins: undefined given; pass an object.", diff({ leaves: alice })],
  ["a diff without leaves", "leaves: undefined given; pass an object.", diff({ joins: bob })],
  [
    "a diff with an array as joins",
    "joins: list given; pass an object.",
    diff({ joins: ["bob"], leaves: {} }),
  ],
];

it.each(malformed)("a presence store stays unchanged after %s: %s", async (_what, expected, message) => {
  const store = createPresenceStore();
  store.receive(state(alice));
  const before = store.getSnapshot();
  let calls = 0;
  store.subscribe(() => calls++);
  await expectRefusal(() => store.receive(message), INVALID, expected);
  expect(store.getSnapshot()).toBe(before);
  expect(calls).toBe(0);
  store.receive(diff({ joins: bob, leaves: {} }));
  expect(Object.keys(store.getSnapshot())).toEqual(["alice", "bob"]);
});

it.each(malformed)(
  "a client that waits for its state keeps waiting after %s: %s",
  async (_what, expected, message) => {
    const client = new PresenceClient();
    await expectRefusal(() => client.receive(message), INVALID, expected);
    expect(client.inPendingSyncState()).toBe(true);
    client.receive(diff({ joins: bob, leaves: {} }));
    client.receive(state(alice));
    expect(Object.keys(client.state)).toEqual(["alice", "bob"]);
  },
);

it.each(malformed)("a count store stays unchanged after %s: %s", async (_what, expected, message) => {
  const store = createCountStore<"readers">();
  store.receive(state({ readers: { count: 3 } }));
  const before = store.getSnapshot();
  await expectRefusal(() => store.receive(message), INVALID, expected);
  expect(store.getSnapshot()).toBe(before);
  store.receive(diff({ joins: { readers: { count: 1 } }, leaves: { readers: { count: 0 } } }));
  expect(store.getSnapshot()?.readers.count).toBe(4);
});

it.each(malformed)(
  "a reducer that waits for its state keeps waiting after %s: %s",
  async (_what, expected, message) => {
    const waiting = presenceReducer(undefined, diff({ joins: bob, leaves: {} }));
    await expectRefusal(
      () => presenceReducer(waiting, message),
      INVALID,
      expected.replace(/^state/, "fresh"),
    );
    expect(Object.keys(presenceReducer(waiting, state(alice)).presences)).toEqual(["alice", "bob"]);
  },
);

it("a store accepts an empty array as an empty map, as the official client does", () => {
  const store = createPresenceStore();
  store.receive(state([]));
  store.receive(diff({ joins: bob, leaves: [] }));
  expect(store.getSnapshot()).toEqual(bob);
});

it("an error shows no users and keeps the name of its class in minified code", async () => {
  const { path, remove } = await bundleCode('export { syncState } from "rollcall/client";', { minify: true });
  const { syncState: minified } = (await import(path)) as { syncState: Loose };
  remove();
  const everybody = JSON.stringify(Array.from({ length: 1_000 }, (_, at) => `user${at}`));
  const attempt = () => minified(everybody, {});
  expect(attempt).toThrow(
    expect.objectContaining({
      name: "InvalidArgumentError",
      message: "state: string given; pass an object.",
    }),
  );
});

it("a store calls its listeners for the valid part of a message that fails halfway", () => {
  const store = createPresenceStore();
  let calls = 0;
  store.subscribe(() => calls++);
  store.receive(diff({ joins: { carol: null }, leaves: {} }));
  expect(() => store.receive(state(alice))).toThrow(TypeError);
  expect([Object.keys(store.getSnapshot()), calls]).toEqual([["alice"], 1]);
});

const misuses: readonly Misuse<PresenceStore>[] = [
  [
    "an EventTarget as channel",
    "channel.on: undefined given; pass a function.",
    INVALID,
    () => new PresenceClient(new EventTarget() as Loose),
  ],
  [
    "a string as channel",
    "channel.on: undefined given; pass a function.",
    INVALID,
    () => createPresenceStore("lobby" as Loose),
  ],
  [
    "only one event name",
    "events.diff: undefined given; pass a string.",
    INVALID,
    () => createCountStore(undefined, { events: { state: "counts" } as Loose }),
  ],
  [
    "no event names",
    "events.state: undefined given; pass a string.",
    INVALID,
    () => createPresenceStore(undefined, { events: {} as Loose }),
  ],
  [
    "no listener",
    "listener: undefined given; pass a function.",
    INVALID,
    (store: Loose) => store.subscribe(),
  ],
  [
    "an object as listener",
    "listener: object given; pass a function.",
    INVALID,
    (store: Loose) => store.client.subscribe({}),
  ],
  [
    "syncState without a state",
    "state: undefined given",
    INVALID,
    () => syncState(undefined as Loose, alice),
  ],
  [
    "syncState without a new state",
    "fresh: undefined given",
    INVALID,
    () => syncState(alice, undefined as Loose),
  ],
  [
    "syncDiff of null",
    "state: null given",
    INVALID,
    () => syncDiff(null as Loose, { joins: bob, leaves: {} }),
  ],
  ["syncDiff without a diff", "diff: undefined given", INVALID, () => syncDiff(alice, undefined as Loose)],
  [
    "syncDiff of a diff without leaves",
    "leaves: undefined given",
    INVALID,
    () => syncDiff(alice, { joins: bob } as Loose),
  ],
  ["syncCounts without a diff", "diff: undefined given", INVALID, () => syncCounts({}, undefined as Loose)],
  [
    "syncCounts of a diff without joins",
    "joins: undefined given",
    INVALID,
    () => syncCounts({}, { leaves: {} } as Loose),
  ],
  [
    "presenceReducer of a diff with null leaves",
    "leaves: null given",
    INVALID,
    () => presenceReducer(here, diff({ joins: bob, leaves: null })),
  ],
  [
    "presenceReducer of an undefined state",
    "fresh: undefined given",
    INVALID,
    () => presenceReducer(here, state(undefined)),
  ],
];

const here = { presences: alice as PresenceState, pendingDiffs: null };

it.each(misuses)("a client refuses %s: %s", async (_what, expected, code, attempt) => {
  const store = createPresenceStore();
  store.receive(state(alice));
  const before = store.getSnapshot();
  await expectRefusal(() => attempt(store), code, expected);
  expect(store.getSnapshot()).toBe(before);
  expect(here.presences).toEqual({ alice: { metas: [{ phx_ref: "tokyo.1" }] } });
});
