import assert from "node:assert/strict";
import fc from "fast-check";
import { Presence } from "phoenix";
import { describe, expect, it } from "vitest";
import {
  createPresenceStore,
  list,
  noPresences,
  PresenceClient,
  type PresenceDiff,
  type PresenceEntry,
  type PresenceState,
  presenceReducer,
  syncDiff,
  syncState,
} from "../../src/client/index.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { CallLog } from "./call-log.ts";
import { FakeChannel } from "./fake-channel.ts";
import { frozen, messageScripts, type ScriptStep } from "./message-scripts.ts";

const SEQUENCES = 2 * PROPERTY_RUNS;

describe("beside the official client, whatever the server sends", () => {
  it("PresenceClient has the same state, list and calls, late diffs and new joins included", () => {
    const happened = new Happened();
    holds((script) => {
      const [theirChannel, ourChannel] = [new FakeChannel(), new FakeChannel()];
      const [theirs, ours] = [new CallLog(), new CallLog()];
      const official = new Presence(theirChannel.asPhoenix());
      const client = new PresenceClient(ourChannel);
      const silent = new PresenceClient(ourChannel);
      for (const [presence, log] of [[official, theirs] as const, [client, ours] as const]) {
        presence.onJoin(log.onJoin);
        presence.onLeave(log.onLeave);
        presence.onSync(log.onSync);
      }
      for (const step of script) {
        const [before, isPending] = [client.state, client.inPendingSyncState()];
        if (step.kind === "rejoin") for (const channel of [theirChannel, ourChannel]) channel.rejoin();
        else {
          theirChannel.push(`presence_${step.kind}`, JSON.parse(step.payload));
          ourChannel.push(`presence_${step.kind}`, frozen(step.payload));
        }
        const calls = ours.take();
        assert.deepEqual(calls, theirs.take());
        const state = stateOf(official);
        for (const mine of [client.state, silent.state]) assert.equal(textOf(mine), textOf(state));
        assert.deepEqual(client.list(), official.list());
        assert.deepEqual(client.list(pairOf), official.list(pairOf));
        assert.equal(client.inPendingSyncState(), official.inPendingSyncState());
        ours.keep(client.state);
        if (!isPending) assertUnchangedIsSame(before, client.state, step);
        happened.in(step, isPending, calls);
      }
      ours.assertNothingChanged();
    });
    happened.assertEnough();
  });

  it("syncState, syncDiff and list give the same, with the same calls, from inputs frozen to the ground", () => {
    holds((script) => {
      let official: object = {};
      let state: PresenceState = Object.freeze({});
      const [theirs, ours] = [new CallLog(), new CallLog()];
      for (const step of script) {
        if (step.kind === "rejoin") continue;
        const before = state;
        const payload = JSON.parse(step.payload);
        if (step.kind === "state") {
          official = Presence.syncState(official, payload, theirs.onJoin, theirs.onLeave);
          state = syncState(state, frozen<PresenceState>(step.payload), ours.onJoin, ours.onLeave);
        } else {
          official = Presence.syncDiff(official, payload, theirs.onJoin, theirs.onLeave);
          state = syncDiff(state, frozen<PresenceDiff>(step.payload), ours.onJoin, ours.onLeave);
        }
        assert.deepEqual(ours.take(), theirs.take());
        assert.equal(textOf(state), textOf(official));
        assert.deepEqual(list(state), Presence.list(official));
        assert.deepEqual(list(state, pairOf), Presence.list(official, pairOf));
        assertUnchangedIsSame(before, state, step);
        freezeToTheGround(state);
        ours.keep(state);
      }
      ours.assertNothingChanged();
    });
  });

  it("the store, fed with text, and the reducer have the same state where there are no joins to tell apart", () => {
    holds((script) => {
      const channel = new FakeChannel();
      channel.rejoin();
      const official = new Presence(channel.asPhoenix());
      const store = createPresenceStore();
      let reduced = presenceReducer(undefined, { type: "@@init" });
      assert.equal(reduced, noPresences);
      for (const step of script) {
        if (step.kind === "rejoin") continue;
        const event = `presence_${step.kind}`;
        channel.push(event, JSON.parse(step.payload));
        assert.equal(store.receive(`{"event":"${event}","payload":${step.payload}}`), true);
        reduced = presenceReducer(reduced, { event, payload: frozen(step.payload) });
        freezeToTheGround(reduced);
        const text = textOf(stateOf(official));
        assert.deepEqual([textOf(store.getSnapshot()), textOf(reduced.presences)], [text, text]);
        assert.equal(reduced.pendingDiffs !== null, official.inPendingSyncState());
      }
    });
  });
});

function holds(law: (script: readonly ScriptStep[]) => void): void {
  fc.assert(fc.property(messageScripts, law), { numRuns: SEQUENCES });
}

/** What the sequences came to: had they no late diff in them, they would show nothing about late diffs. */
class Happened {
  readonly #times = new Map<string, number>();

  in(step: ScriptStep, isPending: boolean, calls: readonly string[]): void {
    if (step.kind === "diff" && isPending) this.#saw("late diff");
    if (step.kind === "rejoin" && !isPending) this.#saw("reconnect");
    if (step.kind !== "rejoin" && step.payload.includes('"__proto__"')) this.#saw("__proto__");
    for (const call of calls) this.#saw(call.split('"')[1]!);
    if (calls.some((call) => isRepeated(call))) this.#saw("repeated ref");
  }

  assertEnough(): void {
    const wanted = {
      "late diff": 5,
      reconnect: 2,
      __proto__: 10,
      join: 30,
      leave: 20,
      sync: 10,
      "repeated ref": 5,
    };
    for (const [what, times] of Object.entries(wanted)) {
      expect(this.#times.get(what), what).toBeGreaterThan(times * SEQUENCES);
    }
  }

  #saw(what: string): void {
    this.#times.set(what, (this.#times.get(what) ?? 0) + 1);
  }
}

/** Whether what joined in a call was there before. */
function isRepeated(call: string): boolean {
  const [kind, , current, joined] = JSON.parse(call);
  if (kind !== "join" || current === null) return false;
  const refs = current.metas.map(refOf);
  return joined.metas.some((meta: { phx_ref: string }) => refs.includes(refOf(meta)));
}

/** A diff may touch the entries that it names; a state those that it makes different. All others are the same objects. */
function assertUnchangedIsSame(before: PresenceState, after: PresenceState, step: ScriptStep): void {
  if (step.kind === "rejoin") assert.equal(before, after);
  const named: object = step.kind === "diff" ? JSON.parse(step.payload).joins : {};
  for (const [key, entry] of Object.entries(after)) {
    if (Object.hasOwn(named, key) || !Object.hasOwn(before, key)) continue;
    assert.equal(JSON.stringify(entry) === JSON.stringify(before[key]), entry === before[key]);
  }
}

function stateOf(official: Presence): object {
  return (official as unknown as { state: object }).state;
}

/** With the order of keys and of metas. */
function textOf(state: object): string {
  return JSON.stringify(Object.entries(state));
}

function pairOf(key: string, { metas }: PresenceEntry): [string, number] {
  return [key, metas.length];
}

function refOf({ phx_ref }: { phx_ref: string }): string {
  return phx_ref;
}

function freezeToTheGround(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  for (const part of Object.values(Object.freeze(value))) freezeToTheGround(part);
}
