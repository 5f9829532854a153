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
import { messageScripts, parseFrozen, type ScriptStep } from "./message-scripts.ts";

const SEQUENCES = 2 * PROPERTY_RUNS;

/** The same scripts in each run: how often a case occurs must not depend on chance. */
const COVERAGE_SCRIPTS = 200;

describe("compared with the official client, for any sequence of messages", () => {
  it("PresenceClient has the same state, list and calls, also with early diffs and rejoins", () => {
    checkLaw(callsAreTheSame);
  });

  it("the scripts contain early diffs, rejoins and everything else that the laws are about", () => {
    const coverage = new CoverageCounts();
    const scripts = fc.sample(messageScripts, { seed: 1, numRuns: COVERAGE_SCRIPTS });
    for (const script of scripts) callsAreTheSame(script, coverage);
    coverage.assertEnough();
  });

  it("syncState, syncDiff and list give the same results and calls, from deeply frozen inputs", () => {
    checkLaw((script) => {
      let official: object = {};
      let state: PresenceState = Object.freeze({});
      const [theirs, ours] = [new CallLog(), new CallLog()];
      for (const step of script) {
        if (step.kind === "rejoin") continue;
        const before = state;
        const payload = JSON.parse(step.payload);
        if (step.kind === "state") {
          official = Presence.syncState(official, payload, theirs.onJoin, theirs.onLeave);
          state = syncState(state, parseFrozen<PresenceState>(step.payload), ours.onJoin, ours.onLeave);
        } else {
          official = Presence.syncDiff(official, payload, theirs.onJoin, theirs.onLeave);
          state = syncDiff(state, parseFrozen<PresenceDiff>(step.payload), ours.onJoin, ours.onLeave);
        }
        assert.deepEqual(ours.take(), theirs.take());
        assert.equal(textOf(state), textOf(official));
        assert.deepEqual(list(state), Presence.list(official));
        assert.deepEqual(list(state, pairOf), Presence.list(official, pairOf));
        assertUnchangedIsSame(before, state, step);
        deepFreeze(state);
        ours.keep(state);
      }
      ours.assertNothingChanged();
    });
  });

  it("the store, fed with JSON text, and the reducer have the same state on a channel without rejoins", () => {
    checkLaw((script) => {
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
        reduced = presenceReducer(reduced, { event, payload: parseFrozen(step.payload) });
        deepFreeze(reduced);
        const text = textOf(stateOf(official));
        assert.deepEqual([textOf(store.getSnapshot()), textOf(reduced.presences)], [text, text]);
        assert.equal(reduced.pendingDiffs !== null, official.inPendingSyncState());
      }
    });
  });
});

/** PresenceClient has the state, list and calls of the official client after each step. */
function callsAreTheSame(script: readonly ScriptStep[], coverage?: CoverageCounts): void {
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
    if (step.kind === "rejoin") {
      for (const channel of [theirChannel, ourChannel]) channel.rejoin();
      forgetPendingDiffs(official);
    } else {
      theirChannel.push(`presence_${step.kind}`, JSON.parse(step.payload));
      ourChannel.push(`presence_${step.kind}`, parseFrozen(step.payload));
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
    coverage?.add(step, isPending, calls);
  }
  ours.assertNothingChanged();
}

function checkLaw(law: (script: readonly ScriptStep[]) => void): void {
  fc.assert(
    fc.property(messageScripts, (script) => law(script)),
    { numRuns: SEQUENCES },
  );
}

/** Counts interesting cases, because sequences without an early diff, for example, would prove nothing about them. */
class CoverageCounts {
  readonly #counts = new Map<string, number>();

  add(step: ScriptStep, isPending: boolean, calls: readonly string[]): void {
    if (step.kind === "diff" && isPending) this.#count("early diff");
    if (step.kind === "rejoin" && !isPending) this.#count("reconnect");
    if (step.kind !== "rejoin" && step.payload.includes('"__proto__"')) this.#count("__proto__");
    for (const call of calls) this.#count(call.split('"')[1]!);
    if (calls.some((call) => isRepeated(call))) this.#count("repeated ref");
  }

  assertEnough(): void {
    const required = {
      "early diff": 5,
      reconnect: 2,
      __proto__: 10,
      join: 30,
      leave: 20,
      sync: 10,
      "repeated ref": 5,
    };
    for (const [label, times] of Object.entries(required)) {
      expect(this.#counts.get(label), label).toBeGreaterThan(times * COVERAGE_SCRIPTS);
    }
  }

  #count(label: string): void {
    this.#counts.set(label, (this.#counts.get(label) ?? 0) + 1);
  }
}

/** Whether a join call repeats a ref that was already present. */
function isRepeated(call: string): boolean {
  const [kind, , current, joined] = JSON.parse(call);
  if (kind !== "join" || current === null) return false;
  const refs = current.metas.map(refOf);
  return joined.metas.some((meta: { phx_ref: string }) => refs.includes(refOf(meta)));
}

/** A diff may replace the entries that it names, and a state those that differ. All others must be the same objects. */
function assertUnchangedIsSame(before: PresenceState, after: PresenceState, step: ScriptStep): void {
  if (step.kind === "rejoin") assert.equal(before, after);
  const named: object = step.kind === "diff" ? JSON.parse(step.payload).joins : {};
  for (const [key, entry] of Object.entries(after)) {
    if (Object.hasOwn(named, key) || !Object.hasOwn(before, key)) continue;
    assert.equal(JSON.stringify(entry) === JSON.stringify(before[key]), entry === before[key]);
  }
}

/** The official client applies them to the state of the next join: joins.test.ts shows the ghosts. */
function forgetPendingDiffs(official: Presence): void {
  (official as unknown as { pendingDiffs: object[] }).pendingDiffs = [];
}

function stateOf(official: Presence): object {
  return (official as unknown as { state: object }).state;
}

/** A text that includes the order of keys and metas. */
function textOf(state: object): string {
  return JSON.stringify(Object.entries(state));
}

function pairOf(key: string, { metas }: PresenceEntry): [string, number] {
  return [key, metas.length];
}

function refOf({ phx_ref }: { phx_ref: string }): string {
  return phx_ref;
}

function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  for (const part of Object.values(Object.freeze(value))) deepFreeze(part);
}
