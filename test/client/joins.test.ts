import assert from "node:assert/strict";
import fc from "fast-check";
import { Presence } from "phoenix";
import { describe, expect, it } from "vitest";
import {
  createCountStore,
  createPresenceStore,
  noPresences,
  PresenceClient,
  type PresenceDiff,
  type PresenceEntry,
  type PresenceState,
  presenceReducer,
  type ReducedPresences,
} from "../../src/client/index.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { FakeChannel } from "./fake-channel.ts";

const entryOf = (...refs: string[]): PresenceEntry => ({ metas: refs.map((phx_ref) => ({ phx_ref })) });
const joinOf = (key: string, ref: string): PresenceDiff => ({ joins: { [key]: entryOf(ref) }, leaves: {} });

function createJoined() {
  const channel = new FakeChannel();
  channel.rejoin();
  return { channel, client: new PresenceClient(channel) };
}

describe("a diff that waits for its state", () => {
  it("is dropped when the channel is joined again, so bob is no ghost if he left meanwhile", () => {
    const { channel, client } = createJoined();
    const official = new Presence(channel.asPhoenix());
    channel.push("presence_diff", joinOf("bob", "b1"));
    channel.rejoin();
    channel.push("presence_state", { alice: entryOf("a1") });
    expect(client.list((key) => key)).toEqual(["alice"]);
    // The bug of the official client. If this fails, it is fixed there: say so in docs/from-phoenix.md.
    expect(official.list((key: string) => key)).toEqual(["alice", "bob"]);
  });

  it("is dropped also when diffs of the new join arrived before its state", () => {
    const { channel, client } = createJoined();
    channel.push("presence_state", { alice: entryOf("a1") });
    channel.rejoin();
    channel.push("presence_diff", joinOf("bob", "b1"));
    channel.rejoin();
    channel.push("presence_diff", joinOf("carol", "c1"));
    expect(client.list((key) => key)).toEqual(["alice"]);
    channel.push("presence_state", {});
    expect(client.list((key) => key)).toEqual(["carol"]);
  });

  it("is dropped also if it came before the first join", () => {
    const channel = new FakeChannel();
    const client = new PresenceClient(channel);
    channel.push("presence_diff", joinOf("bob", "b1"));
    channel.rejoin();
    channel.push("presence_state", {});
    expect(client.list()).toEqual([]);
  });
});

describe("a late message of an earlier join", () => {
  it("changes nothing in a client over a channel", () => {
    const { channel, client } = createJoined();
    channel.push("presence_state", { alice: entryOf("a1") });
    channel.rejoin();
    for (const early of [true, false]) {
      channel.push("presence_diff", joinOf("bob", "b1"), "1");
      channel.push("presence_state", { bob: entryOf("b1") }, "1");
      expect([client.list((key) => key), client.inPendingSyncState()]).toEqual([["alice"], early]);
      channel.push("presence_state", { alice: entryOf("a1") }, "2");
    }
  });

  it("changes nothing in a count store over a channel", () => {
    const channel = new FakeChannel();
    channel.rejoin();
    const store = createCountStore<"readers">(channel);
    channel.push("presence_state", { readers: { count: 3 } });
    channel.rejoin();
    channel.push("presence_state", { readers: { count: 4 } });
    channel.push("presence_diff", { joins: { readers: { count: 9 } }, leaves: {} }, "1");
    channel.push("presence_state", { readers: { count: 9 } }, "1");
    expect(store.getSnapshot()).toEqual({ readers: { count: 4 } });
  });

  it("is not confused with other arguments of a listener, when the channel has no joinRef", () => {
    let listener = (..._: unknown[]) => {};
    const client = new PresenceClient({
      on: (event, callback) => {
        if (event === "presence_state") listener = callback as typeof listener;
      },
    });
    listener({ alice: entryOf("a1") }, () => {}, 1);
    listener({ bob: entryOf("b1") }, () => {}, 2);
    listener({ alice: entryOf("a1") }, () => {}, 1);
    expect(client.list((key) => key)).toEqual(["alice"]);
  });
});

describe("presenceReducer", () => {
  const run = (actions: object[], from: ReducedPresences = noPresences) =>
    actions.reduce<ReducedPresences>((state, action) => presenceReducer(state, action), from);
  const state = (presences: PresenceState, joinRef?: unknown) => ({
    event: "presence_state",
    payload: presences,
    joinRef,
  });
  const diff = (payload: PresenceDiff, joinRef?: unknown) => ({ event: "presence_diff", payload, joinRef });
  const keysOf = ({ presences }: ReducedPresences) => Object.keys(presences);

  it("keeps diffs that name a new join for the state of that join", () => {
    const here = run([state({ alice: entryOf("a1") }, "1"), diff(joinOf("bob", "b1"), "2")]);
    expect([keysOf(here), here.pendingDiffs?.length]).toEqual([["alice"], 1]);
    expect(keysOf(run([state({ carol: entryOf("c1") }, "2")], here))).toEqual(["carol", "bob"]);
    expect(keysOf(run([state({ carol: entryOf("c1") }, "3")], here))).toEqual(["carol"]);
  });

  it("applies a late diff to no other state than its own", () => {
    const here = run([state({ alice: entryOf("a1") }, "1"), state({ bob: entryOf("b1") }, "2")]);
    const late = run([diff(joinOf("carol", "c1"), "1"), diff(joinOf("dora", "d1"), "2")], here);
    expect(keysOf(late)).toEqual(["bob", "dora"]);
    expect(keysOf(run([diff(joinOf("erin", "e1")), state({}, "3")], late))).toEqual([]);
  });

  it("ignores all late messages if presence_rejoin names the join", () => {
    const rejoin = { type: "presence_rejoin", joinRef: "2" };
    const here = run([state({ alice: entryOf("a1") }, "1"), rejoin]);
    for (const late of [state({ carol: entryOf("c1") }, "1"), diff(joinOf("carol", "c1"), "1"), rejoin]) {
      expect(presenceReducer(here, late)).toBe(here);
    }
    expect(keysOf(run([diff(joinOf("bob", "b1"), null), state({}, "2")], here))).toEqual(["bob"]);
  });

  it("drops waiting diffs, and makes later ones wait, after presence_rejoin without any joinRef", () => {
    const rejoin = { type: "presence_rejoin" };
    const waiting = run([diff(joinOf("bob", "b1")), rejoin]);
    expect(keysOf(run([state({ alice: entryOf("a1") })], waiting))).toEqual(["alice"]);
    const rejoined = run([state({ alice: entryOf("a1") }), rejoin, diff(joinOf("bob", "b1"))]);
    expect(keysOf(rejoined)).toEqual(["alice"]);
    expect(keysOf(run([state({})], rejoined))).toEqual(["bob"]);
    expect(presenceReducer(noPresences, rejoin)).toBe(noPresences);
  });

  it("accepts presence_rejoin with a joinRef before and after the first message of that join", () => {
    const rejoin = { type: "presence_rejoin", joinRef: "2" };
    const bob = diff(joinOf("bob", "b1"), "2");
    for (const actions of [
      [rejoin, bob],
      [bob, rejoin],
      [rejoin, bob, rejoin],
    ]) {
      const here = run([state({ alice: entryOf("a1") }, "1"), ...actions]);
      expect(keysOf(here)).toEqual(["alice"]);
      expect(keysOf(run([state({}, "2")], here))).toEqual(["bob"]);
    }
  });

  it("takes a message of the server named presence_rejoin for any other message", () => {
    const here = run([state({ alice: entryOf("a1") })]);
    expect(presenceReducer(here, { event: "presence_rejoin" })).toBe(here);
  });

  it("has a state that is JSON, without members for joins that no action named", () => {
    expect(run([state({ alice: entryOf("a1") }), { type: "presence_rejoin" }])).toStrictEqual({
      presences: { alice: entryOf("a1") },
      pendingDiffs: [],
    });
    const waiting = run([state({}, "1"), diff(joinOf("bob", "b1"), "2")]);
    expect(JSON.parse(JSON.stringify(waiting))).toStrictEqual(waiting);
  });
});

interface Message {
  readonly event: "presence_state" | "presence_diff";
  readonly payload: object;
  readonly joinRef: string;
}

/** Shows what one of our clients shows; `rejoin` tells it as much as its users can. */
interface Reader {
  readonly takesLateMessages: "all" | "diffs" | "none";
  rejoin(joinRef: string): void;
  receive({ event, payload, joinRef }: Message): void;
  presences(): PresenceState;
}

const readers: Record<string, () => Reader> = {
  "a client over a channel": () => {
    const channel = new FakeChannel();
    const client = new PresenceClient(channel);
    return {
      takesLateMessages: "all",
      rejoin: () => channel.rejoin(),
      receive: ({ event, payload, joinRef }) => channel.push(event, payload, joinRef),
      presences: () => client.state,
    };
  },
  "a store over a channel that does not say to which join a message belongs": () => {
    const channel = new FakeChannel();
    const store = createPresenceStore(channel);
    return {
      takesLateMessages: "none",
      rejoin: () => channel.rejoin(),
      receive: ({ event, payload }) => channel.push(event, payload, undefined),
      presences: store.getSnapshot,
    };
  },
  "a reducer of actions with joinRef": () => reducer({ takesLateMessages: "diffs", namesJoins: true }),
  "a reducer with presence_rejoin": () => reducer({ takesLateMessages: "none", announcesJoins: true }),
  "a reducer with presence_rejoin and joinRef": () =>
    reducer({ takesLateMessages: "all", namesJoins: true, announcesJoins: true }),
};

function reducer(options: {
  readonly takesLateMessages: Reader["takesLateMessages"];
  readonly namesJoins?: true;
  readonly announcesJoins?: true;
}): Reader {
  const { takesLateMessages, namesJoins, announcesJoins } = options;
  let state: ReducedPresences = noPresences;
  const named = (joinRef: string) => namesJoins && { joinRef };
  return {
    takesLateMessages,
    rejoin(joinRef) {
      if (announcesJoins) state = presenceReducer(state, { type: "presence_rejoin", ...named(joinRef) });
    },
    receive({ event, payload, joinRef }) {
      state = presenceReducer(state, { type: event, payload, ...named(joinRef) });
    },
    presences: () => state.presences,
  };
}

const KEYS = ["alice", "bob", "carol", "__proto__", "constructor", "7"];
const STEPS = ["join", "leave", "state", "deliver", "deliver", "late", "rejoin"] as const;

/**
 * A server that changes while its messages are under way. It sends one state for each join, at any time after the join, and
 * all diffs after the join; a diff may overtake the state. The connection is lost with what is under way, of which some
 * arrives late.
 */
class ModelServer {
  readonly #present = new Map<string, string>();
  #join = 0;
  #lastRef = 0;
  #hasSentState = true;
  #queue: Message[] = [];
  #lost: Message[] = [];

  step(seed: number, reader: Reader): void {
    const [kind, choice] = [STEPS[seed % STEPS.length]!, Math.floor(seed / STEPS.length)];
    if (kind === "join") this.#track(KEYS[choice % KEYS.length]!);
    else if (kind === "leave") this.#untrack(choice);
    else if (kind === "state") this.sendState(choice);
    else if (kind === "deliver") this.deliver(reader);
    else if (kind === "rejoin") this.rejoin(reader);
    else this.#deliverLate(choice, reader);
  }

  rejoin(reader: Reader): void {
    this.#join++;
    this.#lost.push(...this.#queue.splice(0));
    this.#hasSentState = false;
    reader.rejoin(`${this.#join}`);
  }

  sendState(choice = 0): void {
    if (this.#hasSentState) return;
    this.#hasSentState = true;
    const payload = groupOf(this.#present);
    // The diffs that are already under way may come before the state or after it: the state contains them.
    this.#queue.splice(choice % (this.#queue.length + 1), 0, this.#message("presence_state", payload));
  }

  deliver(reader: Reader): boolean {
    const next = this.#queue.shift();
    if (next) reader.receive(next);
    return next !== undefined;
  }

  #deliverLate(choice: number, reader: Reader): void {
    if (this.#lost.length === 0) return;
    const [late] = this.#lost.splice(choice % this.#lost.length, 1);
    const { takesLateMessages: taken } = reader;
    if (taken === "all" || (taken === "diffs" && late!.event === "presence_diff")) reader.receive(late!);
  }

  get presences(): PresenceState {
    return groupOf(this.#present);
  }

  #track(key: string): void {
    const ref = `r${this.#lastRef++}`;
    this.#present.set(ref, key);
    this.#sendDiff({ joins: groupOf(new Map([[ref, key]])), leaves: {} });
  }

  #untrack(choice: number): void {
    const refs = [...this.#present.keys()];
    const ref = refs[choice % refs.length];
    if (ref === undefined) return;
    const key = this.#present.get(ref)!;
    this.#present.delete(ref);
    this.#sendDiff({ joins: {}, leaves: groupOf(new Map([[ref, key]])) });
  }

  #sendDiff(diff: PresenceDiff): void {
    if (this.#join > 0) this.#queue.push(this.#message("presence_diff", diff));
  }

  #message(event: Message["event"], payload: object): Message {
    return { event, payload, joinRef: `${this.#join}` };
  }
}

function groupOf(present: ReadonlyMap<string, string>): PresenceState {
  const refsByKey = new Map<string, string[]>();
  for (const [ref, key] of present) refsByKey.set(key, [...(refsByKey.get(key) ?? []), ref]);
  return Object.fromEntries([...refsByKey].map(([key, refs]) => [key, entryOf(...refs)]));
}

/** Each key with its refs, without order. */
function contentOf(presences: PresenceState): unknown {
  const entries = Object.entries(presences).map(([key, { metas }]) => [
    key,
    metas.map(({ phx_ref }) => phx_ref).sort(),
  ]);
  return entries.sort();
}

describe("after any mix of joins, leaves, states, rejoins, lost and late messages", () => {
  it.each(Object.entries(readers))("%s shows exactly who is there", (_name, open) => {
    fc.assert(
      fc.property(
        fc.array(fc.noBias(fc.nat(1_000_000)), { minLength: 40, maxLength: 40, size: "max" }),
        (seeds) => {
          const [server, reader] = [new ModelServer(), open()];
          server.rejoin(reader);
          for (const seed of seeds) server.step(seed, reader);
          server.sendState();
          while (server.deliver(reader));
          assert.deepEqual(contentOf(reader.presences()), contentOf(server.presences));
        },
      ),
      { numRuns: PROPERTY_RUNS },
    );
  });
});
