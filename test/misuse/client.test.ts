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

const malformed: readonly (readonly [what: string, says: string, message: Loose])[] = [
  ["a state of nothing", "state: undefined given; pass an object.", state(undefined)],
  ["a state of null", "state: null given; pass an object.", state(null)],
  ["a state as a list", "state: list given; pass an object.", state(["alice"])],
  ["a state as a text", "state: string given; pass an object.", state("alice")],
  ["a diff of nothing", "diff: undefined given; pass an object.", diff(undefined)],
  ["a diff without joins", "joins: undefined given; pass an object.", diff({ leaves: alice })],
  ["a diff without leaves", "leaves: undefined given; pass an object.", diff({ joins: bob })],
  ["a diff of lists", "joins: list given; pass an object.", diff({ joins: ["bob"], leaves: {} })],
];

it.each(malformed)("presences stay as they are at %s: %s", async (_what, says, message) => {
  const store = createPresenceStore();
  store.receive(state(alice));
  const before = store.getSnapshot();
  let calls = 0;
  store.subscribe(() => calls++);
  await expectRefusal(() => store.receive(message), INVALID, says);
  expect(store.getSnapshot()).toBe(before);
  expect(calls).toBe(0);
  store.receive(diff({ joins: bob, leaves: {} }));
  expect(Object.keys(store.getSnapshot())).toEqual(["alice", "bob"]);
});

it.each(malformed)(
  "a client that waits for its state goes on waiting at %s: %s",
  async (_what, says, message) => {
    const client = new PresenceClient();
    await expectRefusal(() => client.receive(message), INVALID, says);
    expect(client.inPendingSyncState()).toBe(true);
    client.receive(diff({ joins: bob, leaves: {} }));
    client.receive(state(alice));
    expect(Object.keys(client.state)).toEqual(["alice", "bob"]);
  },
);

it.each(malformed)("counts stay as they are at %s: %s", async (_what, says, message) => {
  const store = createCountStore<"readers">();
  store.receive(state({ readers: { count: 3 } }));
  const before = store.getSnapshot();
  await expectRefusal(() => store.receive(message), INVALID, says);
  expect(store.getSnapshot()).toBe(before);
  store.receive(diff({ joins: { readers: { count: 1 } }, leaves: { readers: { count: 0 } } }));
  expect(store.getSnapshot()?.readers.count).toBe(4);
});

it.each(malformed)(
  "a reducer that waits for its state goes on waiting at %s: %s",
  async (_what, says, message) => {
    const waiting = presenceReducer(undefined, diff({ joins: bob, leaves: {} }));
    await expectRefusal(() => presenceReducer(waiting, message), INVALID, says.replace(/^state/, "fresh"));
    expect(Object.keys(presenceReducer(waiting, state(alice)).presences)).toEqual(["alice", "bob"]);
  },
);

it("takes an empty list for an empty map, as the official client does and some servers send it", () => {
  const store = createPresenceStore();
  store.receive(state([]));
  store.receive(diff({ joins: bob, leaves: [] }));
  expect(store.getSnapshot()).toEqual(bob);
});

it("says nothing of who is there, however much it was given, and its name is that of its class also where it is minified", async () => {
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

it("tells listeners of what is in place when the rest of a message can't be taken in", () => {
  const store = createPresenceStore();
  let calls = 0;
  store.subscribe(() => calls++);
  store.receive(diff({ joins: { carol: null }, leaves: {} }));
  expect(() => store.receive(state(alice))).toThrow(TypeError);
  expect([Object.keys(store.getSnapshot()), calls]).toEqual([["alice"], 1]);
});

const misuses: readonly Misuse<PresenceStore>[] = [
  [
    "a WebSocket for a channel",
    "channel.on: undefined given; pass a function.",
    INVALID,
    () => new PresenceClient(new EventTarget() as Loose),
  ],
  [
    "a topic for a channel",
    "channel.on: undefined given; pass a function.",
    INVALID,
    () => createPresenceStore("lobby" as Loose),
  ],
  [
    "only one name of an event",
    "events.diff: undefined given; pass a string.",
    INVALID,
    () => createCountStore(undefined, { events: { state: "counts" } as Loose }),
  ],
  [
    "no names of events",
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
  ["syncState of no state", "state: undefined given", INVALID, () => syncState(undefined as Loose, alice)],
  ["syncState to nothing", "fresh: undefined given", INVALID, () => syncState(alice, undefined as Loose)],
  [
    "syncDiff of null",
    "state: null given",
    INVALID,
    () => syncDiff(null as Loose, { joins: bob, leaves: {} }),
  ],
  ["syncDiff by nothing", "diff: undefined given", INVALID, () => syncDiff(alice, undefined as Loose)],
  ["syncDiff by half", "leaves: undefined given", INVALID, () => syncDiff(alice, { joins: bob } as Loose)],
  ["syncCounts by nothing", "diff: undefined given", INVALID, () => syncCounts({}, undefined as Loose)],
  ["syncCounts by half", "joins: undefined given", INVALID, () => syncCounts({}, { leaves: {} } as Loose)],
  [
    "to reduce half",
    "leaves: null given",
    INVALID,
    () => presenceReducer(here, diff({ joins: bob, leaves: null })),
  ],
  ["to reduce nothing", "fresh: undefined given", INVALID, () => presenceReducer(here, state(undefined))],
];

const here = { presences: alice as PresenceState, pendingDiffs: null };

it.each(misuses)("a client refuses %s: %s", async (_what, says, code, attempt) => {
  const store = createPresenceStore();
  store.receive(state(alice));
  const before = store.getSnapshot();
  await expectRefusal(() => attempt(store), code, says);
  expect(store.getSnapshot()).toBe(before);
  expect(here.presences).toEqual({ alice: { metas: [{ phx_ref: "tokyo.1" }] } });
});
