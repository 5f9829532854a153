import fc from "fast-check";
import { type Fragment, Intervals } from "../../src/crdt/index.ts";
import { names } from "../../src/testing/arbitraries/names-and-metas.ts";
import {
  decode,
  type Envelope,
  type OutgoingMessage,
  type ReplicaIncarnation,
  type ReplicaMessage,
} from "../../src/wire/index.ts";
import { fragments, intervals } from "./arbitraries/fragments.ts";

/** Objects with a prototype, as a decoder makes them. By default fast-check also generates some without. */
function record<Shape>(model: { [Name in keyof Shape]: fc.Arbitrary<Shape[Name]> }): fc.Arbitrary<Shape> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<Shape>;
}

const counts = fc.maxSafeNat().map((count) => count % 2 ** 50);
const delays = fc.nat(2 ** 30);
export const senders: fc.Arbitrary<ReplicaIncarnation> = record({
  name: names(),
  id: names(),
  startedAt: counts,
});
export const envelopes: fc.Arbitrary<Envelope> = record({
  sender: senders,
  counter: fc.nat(),
});

/** Every kind of message that a replica sends. */
export const outgoingMessages: fc.Arbitrary<OutgoingMessage> = fc.oneof(
  record({
    type: fc.constant("delta" as const),
    seen: fc.nat().map((last) => Intervals.range(1, last)),
    operations: fragments().map(({ live, leaves }) => [
      ...live.map((one) => ({ live: one, leaves: [] })),
      ...leaves.map((one) => ({ leaves: [one] })),
    ]),
  }),
  record({
    type: fc.constant("heartbeat" as const),
    seen: fc.nat().map((last) => Intervals.range(1, last)),
    digest: fc.integer({ min: 0, max: 0xffff_ffff }),
    leaveDelayMs: delays,
    heartbeatIntervalMs: delays,
    others: fc.uniqueArray(record({ name: names(), id: names(), startedAt: counts, seen: intervals() }), {
      maxLength: 5,
      selector: ({ id }) => id,
    }),
  }),
  record({
    type: fc.constant("pull" as const),
    to: names(),
    request: counts,
    wants: fc.uniqueArray(record({ replica: names(), seen: intervals() }), {
      maxLength: 5,
      selector: ({ replica }) => replica,
    }),
  }),
  record({
    type: fc.constant("push" as const),
    to: names(),
    request: counts,
    fragments: fc.uniqueArray(fragments(), { maxLength: 3, selector: ({ replica }) => replica }),
  }),
  record({ type: fc.constant("leaving" as const), lingerMs: delays }),
);

/** Decodes a message, and throws if it is refused. */
export function mustDecode(bytes: Uint8Array): ReplicaMessage {
  const decoded = decode(bytes);
  if (!decoded.ok) throw decoded.error;
  return decoded.message;
}

/** A fragment as plain data, for comparison. */
export function plain({ replica, seen, live, leaves }: Fragment): object {
  const rows = live.map(({ dot, owner, topic, key, content, replaced }) => [
    dot,
    owner,
    topic,
    key,
    JSON.stringify(content),
    replaced,
  ]);
  return { replica, seen: [...seen], live: rows, leaves };
}
