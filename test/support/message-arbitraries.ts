import fc from "fast-check";
import { type Fragment, Intervals } from "../../src/crdt/index.ts";
import { names } from "../../src/testing/arbitraries/names-and-metas.ts";
import {
  decode,
  type Envelope,
  type Handover,
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

const numbers = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 2 ** 50 - 1 }));
const replicas = fc.oneof(fc.constantFrom("tokyo", "paris"), names());
const topics = fc.oneof(fc.constantFrom("lobby", "article"), names());

/** What a replica says about pending leaves, with at least one record. */
export const handovers: fc.Arbitrary<Handover> = record<Handover>({
  lastPendingLeave: numbers,
  pendingLeaves: fc.array(numbers, { maxLength: 8 }),
  claims: fc.array(
    fc.oneof(
      record({
        number: numbers,
        replica: replicas,
        upTo: fc.oneof(fc.constant(0), numbers),
        topic: topics,
        key: topics,
      }),
      record({
        number: numbers,
        replica: fc.constant(undefined),
        upTo: fc.constant(0),
        topic: topics,
        key: topics,
      }),
    ),
    { maxLength: 8 },
  ),
  answers: fc.array(record({ claimer: replicas, number: numbers, isGranted: fc.boolean() }), {
    maxLength: 8,
  }),
})
  .filter(({ pendingLeaves, claims, answers }) => pendingLeaves.length + claims.length + answers.length > 0)
  // Only pending leaves say how many there have been.
  .map((handover) => (handover.pendingLeaves.length > 0 ? handover : { ...handover, lastPendingLeave: 0 }));

/** Messages, half of which end with a handover. */
function withHandover<Shape>(
  model: { [Name in keyof Shape]: fc.Arbitrary<Shape[Name]> },
): fc.Arbitrary<Shape & { handover?: Handover }> {
  return fc
    .tuple(
      record<Shape>(model),
      fc.option(
        handovers.map((handover) => ({ handover })),
        { freq: 1 },
      ),
    )
    .map(([message, handover]) => ({ ...message, ...handover }));
}

/** Every kind of message that a replica sends. */
export const outgoingMessages: fc.Arbitrary<OutgoingMessage> = fc.oneof(
  withHandover({
    type: fc.constant("delta" as const),
    seen: fc.nat().map((last) => Intervals.range(1, last)),
    operations: fragments().map(({ live, leaves }) => [
      ...live.map((one) => ({ live: one, leaves: [] })),
      ...leaves.map((one) => ({ leaves: [one] })),
    ]),
  }),
  withHandover({
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
  record({ type: fc.constant("leaving" as const), lingerMs: delays, lastDot: fc.nat() }),
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
