import fc from "fast-check";
import { type Fragment, fragmentOf, type LeavePair, type LiveDot } from "../../../src/crdt/fragment.ts";
import { Intervals, MAX_DOT } from "../../../src/crdt/intervals.ts";
import { metas, names } from "../../../src/testing/arbitraries/names-and-metas.ts";

/** Sets of event numbers, some of them very large. */
export function intervals(): fc.Arbitrary<Intervals> {
  return fc
    .array(fc.tuple(fc.oneof(fc.nat(500), fc.integer({ min: 0, max: MAX_DOT - 1 })), fc.nat(20)), {
      maxLength: 12,
    })
    .map((ranges) => {
      const seen = Intervals.empty();
      for (const [low, length] of ranges) seen.addRange(low + 1, Math.min(low + 1 + length, MAX_DOT));
      return seen;
    });
}

/**
 * Fragments that do not contradict themselves: no dot is named twice. They come from no history, so one fragment may
 * contradict another.
 */
export function fragments(replica: fc.Arbitrary<string> = names()): fc.Arbitrary<Fragment> {
  const event = fc.record({
    isLive: fc.boolean(),
    isUpdate: fc.boolean(),
    owner: fc.oneof(fc.nat(5), fc.integer({ min: 0, max: MAX_DOT })),
    topic: names(),
    key: names(),
    content: metas(),
    distance: fc.nat(30),
  });
  const dots = fc.uniqueArray(
    fc.oneof(fc.integer({ min: 2, max: 300 }), fc.integer({ min: 2, max: MAX_DOT })),
    {
      maxLength: 12,
    },
  );
  return fc
    .tuple(replica, dots, fc.array(event, { minLength: 12, maxLength: 12 }), intervals())
    .map(([id, numbers, events, rest]) => {
      const named = new Set(numbers);
      const live: LiveDot[] = [];
      const leaves: LeavePair[] = [];
      for (const [index, dot] of numbers.entries()) {
        const { isLive, isUpdate, distance, ...presence } = events[index]!;
        const earlier = Math.max(1, dot - 1 - distance);
        if (isLive) live.push({ dot, ...presence, replaced: isUpdate ? earlier : 0 });
        else if (!named.has(earlier)) {
          named.add(earlier);
          leaves.push({ leave: dot, ended: earlier });
        }
      }
      const operations = [
        ...live.map((one) => ({ live: one, leaves: [] })),
        ...leaves.map((one) => ({ leaves: [one] })),
      ];
      const fragment = fragmentOf(id, operations);
      fragment.seen.addAll(rest);
      return fragment;
    });
}
