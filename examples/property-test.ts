import assert from "node:assert/strict";
import fc from "fast-check";
import { type PresenceStreamMessage, presenceStreams } from "../src/testing/arbitraries/index.ts";

// A reducer of one's own over presence: who is typing in this room? Somebody with two devices types as long as one
// of them does. It keeps what each device says, by its ref.

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

function whoTypes(devices: Iterable<{ key: string; typing: boolean }>): string[] {
  return [...new Set([...devices].filter(({ typing }) => typing).map(({ key }) => key))].sort();
}

/** Whatever the server sends, after each message those are typing who must be. */
function typingIsRight(reducer: typeof reduce) {
  const meta = fc.record({ typing: fc.boolean() });
  // Short histories: they find this as soon, and shrink in a moment.
  const streams = presenceStreams<Meta>({ meta, keys: ["alice", "bob"], length: 30 });
  return fc.property(streams, (stream) => {
    let devices: Devices = new Map();
    for (const { message, state } of stream) {
      devices = reducer(devices, message);
      const present = Object.entries(state).flatMap(([key, { metas }]) =>
        metas.map(({ typing }) => ({ key, typing })),
      );
      assert.deepEqual(whoTypes(devices.values()), whoTypes(present));
    }
  });
}

const numRuns = 1_000;
fc.assert(typingIsRight(reduce), { numRuns });
console.log(`reduce: right in all of ${numRuns} streams`);

// The same reducer, but it takes every state for a first one: whoever left while we were cut off goes on typing.
const forgetful: typeof reduce = (devices, message) =>
  message.event === "presence_state"
    ? new Map([...devices, ...reduce(devices, message)])
    : reduce(devices, message);

const { failed, counterexample } = fc.check(typingIsRight(forgetful), { numRuns, seed: 7 });
assert(failed, "a reducer that forgets nobody was not found out");
console.log("forgetful: wrong, and this is the shortest stream that shows it:");
for (const { message } of counterexample![0])
  console.log(`  ${message.event} ${JSON.stringify(message.payload)}`);
