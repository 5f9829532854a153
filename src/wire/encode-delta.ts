import { compactOperations, dotsOf, type Operation } from "../crdt/fragment.ts";
import { Intervals } from "../crdt/intervals.ts";
import { MAX_OWN_SEEN_BYTES } from "./format.ts";
import { Packer, type Part } from "./packer.ts";
import type { OutgoingDelta } from "./replica-message.ts";
import { FragmentWriter } from "./write-fragment.ts";

/** The end of the fragment, and what we have seen of our own. */
const END_BYTES = 1 + MAX_OWN_SEEN_BYTES;

/** Cuts a delta between its steps: each message is leave-closed, and no update is an absence in between. */
export function encodeDelta(
  { seen, operations }: OutgoingDelta,
  start: (part: Part, index: number) => void,
  maxBytes: number,
): Uint8Array[] {
  let fragment: FragmentWriter;
  const stepsOf: Operation[][] = [];
  const packer = new Packer(maxBytes - END_BYTES, (part, index) => {
    start(part, index);
    fragment = new FragmentWriter(part.writer);
    stepsOf.push([]);
  });
  for (const step of compactOperations(operations)) {
    packer.add(() => {
      for (const pair of step.leaves) fragment.leave(pair);
      if (step.live !== undefined) fragment.live(step.live);
    });
    stepsOf.at(-1)!.push(step);
  }
  const published = publishedWith(seen, stepsOf);
  return packer.parts.map(({ writer }, index) => {
    writer.byte(0);
    writer.intervals(published[index]!, MAX_OWN_SEEN_BYTES);
    return writer.bytes();
  });
}

/**
 * What each message may say that we have seen: not what only comes with a later one. Were it to name more, every
 * peer would ask for what is on its way.
 */
function publishedWith(seen: Intervals, stepsOf: readonly (readonly Operation[])[]): Intervals[] {
  if (stepsOf.length === 1) return [seen];
  const firstNew = firstNewOf(stepsOf.flat());
  const toCome = Intervals.empty();
  return stepsOf
    .toReversed()
    .map((steps) => {
      const published = seen.without(toCome);
      toCome.addAll(Intervals.of(namedBy(steps).filter((dot) => dot >= firstNew)));
      return published;
    })
    .reverse();
}

/**
 * Steps name every event since the last take, and older ones that ended since: these are known elsewhere. So the new
 * ones are those that stand in one row up to the last.
 */
function firstNewOf(steps: readonly Operation[]): number {
  const rows = [...Intervals.of(namedBy(steps))];
  return rows.at(-1)?.[0] ?? 0;
}

function namedBy(steps: readonly Operation[]): number[] {
  return dotsOf(
    steps.flatMap(({ live }) => live ?? []),
    steps.flatMap(({ leaves }) => leaves),
  );
}
