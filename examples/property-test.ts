/**
 * A property test of a reducer, with streams of messages that a server could send. docs/property-test.md.
 *
 *     npm run example:property-test
 */
import "./support/print-help.ts";

import assert from "node:assert/strict";
import fc from "fast-check";
import { type PresenceStreamMessage, presenceStreams } from "../src/testing/arbitraries/index.ts";

// A reducer of your own: which users are typing in this room? A user with two devices is typing while one of the
// devices is. The state holds an entry for each device, by its ref.

type Meta = { typing: boolean };
type Devices = ReadonlyMap<string, { key: string; typing: boolean }>;

function reduce(devices: Devices, { event, payload }: PresenceStreamMessage<Meta>): Devices {
  const next = new Map(event === "presence_state" ? [] : devices);
  const { joins, leaves } = event === "presence_state" ? { joins: payload, leaves: {} } : payload;
  for (const { metas } of Object.values(leaves)) for (const { phx_ref } of metas) next.delete(phx_ref);
  for (const [key, { metas }] of Object.entries(joins)) {
    for (const { phx_ref, typing } of metas) next.set(phx_ref, { key, typing });
  }
  return next;
}

function usersTyping(devices: Iterable<{ key: string; typing: boolean }>): string[] {
  return [...new Set([...devices].filter(({ typing }) => typing).map(({ key }) => key))].sort();
}

/** After each message of any stream, the reducer shows exactly the users who are typing. */
function typingIsRight(reducer: typeof reduce) {
  const meta = fc.record({ typing: fc.boolean() });
  // Short streams find the bug just as soon, and shrink faster.
  const streams = presenceStreams<Meta>({ meta, keys: ["alice", "bob"], length: 30 });
  return fc.property(streams, (stream) => {
    let devices: Devices = new Map();
    for (const { message, state } of stream) {
      devices = reducer(devices, message);
      const present = Object.entries(state).flatMap(([key, { metas }]) =>
        metas.map(({ typing }) => ({ key, typing })),
      );
      assert.deepEqual(usersTyping(devices.values()), usersTyping(present));
    }
  });
}

const numRuns = 1_000;
fc.assert(typingIsRight(reduce), { numRuns });
console.log(`reduce: right in all of ${numRuns} streams`);

// The same reducer with a bug: it treats every state as the first one. After a reconnect it still shows users who left.
const buggyReduce: typeof reduce = (devices, message) =>
  message.event === "presence_state"
    ? new Map([...devices, ...reduce(devices, message)])
    : reduce(devices, message);

const { failed, counterexample } = fc.check(typingIsRight(buggyReduce), { numRuns, seed: 7 });
assert(failed, "the property missed the bug");
console.log("buggyReduce: wrong, as the shortest failing stream shows:");
for (const { message } of counterexample![0])
  console.log(`  ${message.event} ${JSON.stringify(message.payload)}`);
