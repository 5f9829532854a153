import fc from "fast-check";
import { type Fragment, fragmentOf, Intervals, type LeavePair, type LiveDot } from "../../src/crdt/index.ts";
import { MAX_DOT } from "../../src/crdt/intervals.ts";
import type { Meta } from "../../src/payload.ts";
import { decode, type Envelope, type Message, type Outgoing, type Sender } from "../../src/wire/index.ts";

/** Objects as a decoder makes them; by itself fast-check would yield some without a prototype. */
function record<Shape>(model: { [Name in keyof Shape]: fc.Arbitrary<Shape[Name]> }): fc.Arbitrary<Shape> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<Shape>;
}

/** Any string with something in it: also half a surrogate pair, a byte order mark, and the names of prototypes. */
export const texts: fc.Arbitrary<string> = fc.oneof(
  fc.string({ minLength: 1, maxLength: 24 }),
  fc.string({ minLength: 1, maxLength: 8, unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "\ufeff", "\ud800", "a\udc00b", "ключ", "鍵", "🙂"),
);

/** Any JSON object, nested a little. */
export const metas: fc.Arbitrary<Meta> = fc
  .dictionary(
    fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom("__proto__", "toJSON", "ref")),
    fc.jsonValue({ maxDepth: 2 }),
    {
      maxKeys: 4,
    },
  )
  // The round trip that a meta makes anyway: it turns -0 into 0.
  .map((meta) => JSON.parse(JSON.stringify(meta)) as Meta);

const counts = fc.maxSafeNat();
export const senders: fc.Arbitrary<Sender> = record({ name: texts, id: texts, startedAt: counts });
export const envelopes: fc.Arbitrary<Envelope> = record({
  sender: senders,
  counter: fc.nat(),
});

/** Sets of event numbers, also huge ones. */
export const seens: fc.Arbitrary<Intervals> = fc
  .array(fc.tuple(fc.oneof(fc.nat(500), fc.integer({ min: 0, max: MAX_DOT - 1 })), fc.nat(20)), {
    maxLength: 12,
  })
  .map((ranges) => {
    const seen = Intervals.empty();
    for (const [low, length] of ranges) seen.addRange(low + 1, Math.min(low + 1 + length, MAX_DOT));
    return seen;
  });

/** Fragments that contradict themselves in nothing: each event is one thing. */
export function fragments(replica: fc.Arbitrary<string> = texts): fc.Arbitrary<Fragment> {
  const event = record({
    isLive: fc.boolean(),
    isUpdate: fc.boolean(),
    owner: fc.oneof(fc.nat(5), fc.integer({ min: 0, max: MAX_DOT })),
    topic: texts,
    key: texts,
    content: metas,
    distance: fc.nat(30),
  });
  const dots = fc.uniqueArray(
    fc.oneof(fc.integer({ min: 2, max: 300 }), fc.integer({ min: 2, max: MAX_DOT })),
    {
      maxLength: 12,
    },
  );
  return fc
    .tuple(replica, dots, fc.array(event, { minLength: 12, maxLength: 12 }), seens)
    .map(([id, numbers, events, rest]) => {
      const taken = new Set(numbers);
      const live: LiveDot[] = [];
      const leaves: LeavePair[] = [];
      for (const [index, dot] of numbers.entries()) {
        const { isLive, isUpdate, distance, ...what } = events[index]!;
        const earlier = Math.max(1, dot - 1 - distance);
        if (isLive) live.push({ dot, ...what, replaced: isUpdate ? earlier : 0 });
        else if (!taken.has(earlier)) {
          taken.add(earlier);
          leaves.push({ leave: dot, dead: earlier });
        }
      }
      const steps = [
        ...live.map((one) => ({ live: one, leaves: [] })),
        ...leaves.map((one) => ({ leaves: [one] })),
      ];
      const fragment = fragmentOf(id, steps);
      fragment.seen.addAll(rest);
      return fragment;
    });
}

/** Everything a replica may want to say. */
export const outgoings: fc.Arbitrary<Outgoing> = fc.oneof(
  record({
    type: fc.constant("delta" as const),
    seen: fc.nat().map((last) => Intervals.range(1, last)),
    steps: fragments().map(({ live, leaves }) => [
      ...live.map((one) => ({ live: one, leaves: [] })),
      ...leaves.map((one) => ({ leaves: [one] })),
    ]),
  }),
  record({
    type: fc.constant("heartbeat" as const),
    seen: fc.nat().map((last) => Intervals.range(1, last)),
    digest: fc.integer({ min: 0, max: 0xffff_ffff }),
    leaveDelayMs: counts,
    others: fc.array(record({ name: texts, id: texts, startedAt: counts, seen: seens }), { maxLength: 5 }),
  }),
  record({
    type: fc.constant("pull" as const),
    to: texts,
    request: counts,
    wants: fc.array(record({ replica: texts, seen: seens }), { maxLength: 5 }),
  }),
  record({
    type: fc.constant("push" as const),
    to: texts,
    request: counts,
    fragments: fc.uniqueArray(fragments(), { maxLength: 3, selector: ({ replica }) => replica }),
  }),
  record({ type: fc.constant("leaving" as const), lingerMs: counts }),
);

/** Decodes what must be well formed. */
export function mustDecode(bytes: Uint8Array): Message {
  const decoded = decode(bytes);
  if (!decoded.ok) throw decoded.error;
  return decoded.message;
}

/** A fragment as plain data, to be compared. */
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
