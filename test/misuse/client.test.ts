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
import { expectRefusal, INVALID, type Loose, type Misuse } from "./refusal.ts";

const alice = { alice: { metas: [{ phx_ref: "tokyo.1" }] } };
const bob = { bob: { metas: [{ phx_ref: "tokyo.2" }] } };
const state = (payload: unknown): Loose => ({ event: "presence_state", payload });
const diff = (payload: unknown): Loose => ({ event: "presence_diff", payload });

const malformed: readonly (readonly [what: string, says: string, message: Loose])[] = [
  ["a state of nothing", "state is undefined; it must be an object.", state(undefined)],
  ["a state of null", "state is null; it must be an object.", state(null)],
  ["a state as a list", "state is an array; it must be an object.", state(["alice"])],
  ["a state as a text", "state is alice; it must be an object.", state("alice")],
  ["a diff of nothing", "diff is undefined; it must be an object.", diff(undefined)],
  ["a diff without joins", "joins is undefined; it must be an object.", diff({ leaves: alice })],
  ["a diff without leaves", "leaves is undefined; it must be an object.", diff({ joins: bob })],
  ["a diff of lists", "joins is an array; it must be an object.", diff({ joins: ["bob"], leaves: [] })],
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

const misuses: readonly Misuse<PresenceStore>[] = [
  [
    "a WebSocket for a channel",
    "channel.on is undefined; it must be a function.",
    INVALID,
    () => new PresenceClient(new EventTarget() as Loose),
  ],
  [
    "a topic for a channel",
    "channel.on is undefined; it must be a function.",
    INVALID,
    () => createPresenceStore("lobby" as Loose),
  ],
  [
    "only one name of an event",
    "events.diff is undefined; it must be a string.",
    INVALID,
    () => createCountStore(undefined, { events: { state: "counts" } as Loose }),
  ],
  [
    "no names of events",
    "events.state is undefined; it must be a string.",
    INVALID,
    () => createPresenceStore(undefined, { events: {} as Loose }),
  ],
  [
    "no listener",
    "listener is undefined; it must be a function.",
    INVALID,
    (store: Loose) => store.subscribe(),
  ],
  [
    "an object as listener",
    "listener is an object; it must be a function.",
    INVALID,
    (store: Loose) => store.client.subscribe({}),
  ],
  ["syncState of no state", "state is undefined", INVALID, () => syncState(undefined as Loose, alice)],
  ["syncState to nothing", "fresh is undefined", INVALID, () => syncState(alice, undefined as Loose)],
  ["syncDiff of null", "state is null", INVALID, () => syncDiff(null as Loose, { joins: bob, leaves: {} })],
  ["syncDiff by nothing", "diff is undefined", INVALID, () => syncDiff(alice, undefined as Loose)],
  ["syncDiff by half", "leaves is undefined", INVALID, () => syncDiff(alice, { joins: bob } as Loose)],
  ["syncCounts by nothing", "diff is undefined", INVALID, () => syncCounts({}, undefined as Loose)],
  ["syncCounts by half", "joins is undefined", INVALID, () => syncCounts({}, { leaves: {} } as Loose)],
  [
    "to reduce half",
    "leaves is null",
    INVALID,
    () => presenceReducer(here, diff({ joins: bob, leaves: null })),
  ],
  ["to reduce nothing", "fresh is undefined", INVALID, () => presenceReducer(here, state(undefined))],
];

const here = { presences: alice as PresenceState, waiting: null };

it.each(misuses)("a client refuses %s: %s", async (_what, says, code, attempt) => {
  const store = createPresenceStore();
  store.receive(state(alice));
  const before = store.getSnapshot();
  await expectRefusal(() => attempt(store), code, says);
  expect(store.getSnapshot()).toBe(before);
  expect(here.presences).toEqual({ alice: { metas: [{ phx_ref: "tokyo.1" }] } });
});
