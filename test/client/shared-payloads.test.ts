import assert from "node:assert/strict";
import fc from "fast-check";
import { Presence } from "phoenix";
import { expect, it } from "vitest";
import {
  createCountStore,
  createPresenceStore,
  noPresences,
  PresenceClient,
  type PresenceDiff,
  type PresenceState,
  presenceReducer,
  type ReducedPresences,
  syncDiff,
  syncState,
} from "../../src/client/index.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { CallLog } from "./call-log.ts";
import { FakeChannel } from "./fake-channel.ts";
import { messageScripts } from "./message-scripts.ts";

type Event = "presence_state" | "presence_diff";

/** Takes messages, and shows presences. */
interface Reader {
  receive(event: Event, payload: object): void;
  presences(): PresenceState;
}

const readers: Record<string, (log: CallLog) => Reader> = {
  "PresenceClient over a channel": (log) => {
    const channel = new FakeChannel();
    const client = new PresenceClient(channel);
    client.onJoin(log.onJoin);
    client.onLeave(log.onLeave);
    channel.rejoin();
    return { receive: (event, payload) => channel.push(event, payload), presences: () => client.state };
  },
  "a store that is fed with objects": () => {
    const store = createPresenceStore();
    return { receive: (event, payload) => store.receive({ event, payload }), presences: store.getSnapshot };
  },
  "syncState and syncDiff": (log) => {
    let state: PresenceState = {};
    return {
      receive(event, payload) {
        state =
          event === "presence_state"
            ? syncState(state, payload as PresenceState, log.onJoin, log.onLeave)
            : syncDiff(state, payload as PresenceDiff, log.onJoin, log.onLeave);
      },
      presences: () => state,
    };
  },
  presenceReducer: () => {
    let state: ReducedPresences = noPresences;
    return {
      receive(event, payload) {
        state = presenceReducer(state, { type: event, payload });
      },
      presences: () => state.presences,
    };
  },
};

it.each(Object.entries(readers))(
  "%s keeps nothing of a payload that another listener modifies, at any depth",
  (_name, open) => {
    fc.assert(
      fc.property(messageScripts, (script) => {
        const [log, otherLog] = [new CallLog(), new CallLog()];
        const [reader, other] = [open(log), open(otherLog)];
        for (const step of script) {
          if (step.kind === "rejoin") continue;
          const payload = withProfiles(JSON.parse(step.payload));
          other.receive(`presence_${step.kind}`, structuredClone(payload));
          reader.receive(`presence_${step.kind}`, payload);
          wreck(payload);
          assert.equal(JSON.stringify(reader.presences()), JSON.stringify(other.presences()));
          assert.deepEqual(log.take(), otherLog.take());
          log.keep(reader.presences());
        }
        log.assertNothingChanged();
      }),
      { numRuns: Math.ceil(PROPERTY_RUNS / 4) },
    );
  },
);

it("a store, syncState, syncDiff and a reducer are not affected by the official client behind them on a channel", () => {
  fc.assert(
    fc.property(messageScripts, (script) => {
      const log = new CallLog();
      const channel = new FakeChannel();
      channel.rejoin();
      const mine = Object.values(readers).map((open) => open(log));
      for (const event of ["presence_state", "presence_diff"] as const) {
        channel.on(event, (payload) => {
          for (const reader of mine) reader.receive(event, payload);
        });
      }
      const official = new Presence(channel.asPhoenix());
      const alone = new FakeChannel();
      alone.rejoin();
      const client = new PresenceClient(alone);
      for (const step of script) {
        if (step.kind === "rejoin") continue;
        channel.push(`presence_${step.kind}`, JSON.parse(step.payload));
        alone.push(`presence_${step.kind}`, JSON.parse(step.payload));
        // Without an early state, syncDiff has no state to wait for.
        if (official.inPendingSyncState()) continue;
        for (const reader of [mine[0]!, mine[1]!, mine[3]!]) {
          assert.equal(JSON.stringify(reader.presences()), JSON.stringify(client.state));
        }
      }
      log.assertNothingChanged();
    }),
    { numRuns: Math.ceil(PROPERTY_RUNS / 4) },
  );
});

it("a count store keeps nothing of a payload that another listener modifies", () => {
  const store = createCountStore<"readers">();
  const payload = { readers: { count: 3 } };
  store.receive({ event: "presence_state", payload });
  wreck(payload);
  expect(store.getSnapshot()).toEqual({ readers: { count: 3 } });
});

/** Adds nested members to entries and metas. */
function withProfiles(payload: Record<string, unknown>): object {
  for (const value of Object.values(payload)) {
    if (typeof value !== "object" || value === null) continue;
    withProfiles(value as Record<string, unknown>);
    const { metas } = value as { metas?: object[] };
    if (!metas) continue;
    for (const meta of metas) Object.assign(meta, { device: { name: "phone", screens: [1, { lit: true }] } });
    Object.assign(value, { profile: { name: "Alice", tags: [{ text: "a" }] } });
  }
  return payload;
}

/** Changes everything that is reachable. */
function wreck(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const part of Object.values(value)) wreck(part);
  if (Array.isArray(value)) value.length = 0;
  for (const name of Object.keys(value)) {
    if (name === "phx_ref") (value as { phx_ref: string }).phx_ref = "wrecked";
    else delete (value as Record<string, unknown>)[name];
  }
  Object.assign(value, { wrecked: true });
}
