import { expect, it } from "vitest";
import {
  createCountStore,
  createPresenceStore,
  PresenceClient,
  presenceReducer,
} from "../../src/client/index.ts";
import { expectRefusal, INVALID, type Loose, type Misuse } from "./refusal.ts";

const alice = { alice: { metas: [{ phx_ref: "tokyo.1" }] } };
const state = (payload: unknown) => ({ event: "presence_state", payload }) as Loose;
const diff = (payload: unknown) => ({ event: "presence_diff", payload }) as Loose;

const malformed: readonly (readonly [what: string, says: string, message: Loose])[] = [
  ["a state of nothing", "state must be an object. It was ignored.", state(undefined)],
  ["a state of a list", "state must be an object.", state([])],
  ["a state whose entry is null", "state.bob must have metas with a phx_ref.", state({ bob: null })],
  ["a state of counts", "state.readers must have metas with a phx_ref.", state({ readers: { count: 5 } })],
  ["a state without refs", "state.bob must have metas with a phx_ref.", state({ bob: { metas: [{}] } })],
  ["a diff of nothing", "joins must be an object. It was ignored.", diff(undefined)],
  ["a diff without leaves", "leaves must be an object.", diff({ joins: {} })],
  [
    "a diff that is half right",
    "joins.carol must have metas",
    diff({ joins: { bob: alice.alice, carol: 5 }, leaves: {} }),
  ],
  [
    "a diff whose leaves are odd",
    "leaves.alice must have metas",
    diff({ joins: {}, leaves: { alice: null } }),
  ],
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
  const reduced = presenceReducer(undefined, state(alice));
  await expectRefusal(() => presenceReducer(reduced, message), INVALID, says);
  store.receive(diff({ joins: { bob: { metas: [{ phx_ref: "tokyo.2" }] } }, leaves: {} }));
  expect(Object.keys(store.getSnapshot())).toEqual(["alice", "bob"]);
});

const miscounted: readonly (readonly [what: string, says: string, message: Loose])[] = [
  ["a state of nothing", "state must be an object.", state(null)],
  ["a state of presences", "state.alice must have a count.", state(alice)],
  ["a count that is a text", "state.readers must have a count.", state({ readers: { count: "5" } })],
  ["a diff without leaves", "leaves must be an object.", diff({ joins: { readers: { count: 1 } } })],
  ["a diff of numbers", "joins.readers must have a count.", diff({ joins: { readers: 1 }, leaves: {} })],
];

it.each(miscounted)("counts stay as they are at %s: %s", async (_what, says, message) => {
  const store = createCountStore<"readers">();
  store.receive(state({ readers: { count: 3 } }));
  const before = store.getSnapshot();
  await expectRefusal(() => store.receive(message), INVALID, says);
  expect(store.getSnapshot()).toBe(before);
  store.receive(diff({ joins: { readers: { count: 1 } }, leaves: { readers: { count: 0 } } }));
  expect(store.getSnapshot()?.readers.count).toBe(4);
});

const misuses: readonly Misuse<PresenceClient>[] = [
  [
    "a channel that is none",
    "The channel must have on(); or leave it out.",
    INVALID,
    () => new PresenceClient({} as Loose),
  ],
  [
    "a WebSocket for a channel",
    "The channel must have on()",
    INVALID,
    () => createPresenceStore(new EventTarget() as Loose),
  ],
  ["no listener", "The listener must be a function.", INVALID, (client: Loose) => client.subscribe()],
  ["no function as onJoin", "The listener must be a function.", INVALID, (client: Loose) => client.onJoin(5)],
  [
    "no function as onLeave",
    "The listener must be a function.",
    INVALID,
    (client: Loose) => client.onLeave({}),
  ],
  [
    "no function as onSync",
    "The listener must be a function.",
    INVALID,
    (client: Loose) => client.onSync("render"),
  ],
];

it.each(misuses)("a client refuses %s, and goes on: %s", async (_what, says, code, attempt) => {
  const client = new PresenceClient();
  await expectRefusal(() => attempt(client), code, says);
  expect(client.receive(state(alice))).toBe(true);
  expect(client.list((key) => key)).toEqual(["alice"]);
});

it.each([undefined, null, 5, {}, [], new Uint8Array(3)])(
  "%j is no message of ours, and left to others",
  (message) => {
    const client = new PresenceClient();
    client.receive(state(alice));
    expect(client.receive(message as Loose)).toBe(false);
    expect(client.list((key) => key)).toEqual(["alice"]);
  },
);

it("a text that is no JSON is told by its SyntaxError, and changes nothing", () => {
  const client = new PresenceClient();
  client.receive(state(alice));
  expect(() => client.receive('{ "event": "presence_')).toThrow(SyntaxError);
  expect(client.list((key) => key)).toEqual(["alice"]);
});
