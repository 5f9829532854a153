import { type Step, withoutEnded } from "../crdt/fragment.ts";
import { Intervals } from "../crdt/intervals.ts";
import { MAX_OWN_SEEN_BYTES } from "./format.ts";
import type { OutgoingDelta } from "./message.ts";
import { Packer, type Part } from "./packer.ts";
import { FragmentWriter } from "./write-fragment.ts";

/** The end of the fragment, and what we have seen of our own. */
const END_BYTES = 1 + MAX_OWN_SEEN_BYTES;

/** Cuts a delta between its steps: each message is leave-closed, and no update is an absence in between. */
export function encodeDelta(
  { seen, steps }: OutgoingDelta,
  start: (part: Part, index: number) => void,
  maxBytes: number,
): Uint8Array[] {
  let fragment: FragmentWriter;
  const stepsOf: Step[][] = [];
  const packer = new Packer(maxBytes - END_BYTES, (part, index) => {
    start(part, index);
    fragment = new FragmentWriter(part.writer);
    stepsOf.push([]);
  });
  for (const step of withoutEnded(steps)) {
    packer.add(() => {
      if (step.leave !== undefined) fragment.leave(step.leave);
      if (step.live !== undefined) fragment.live(step.live);
    });
    stepsOf.at(-1)!.push(step);
  }
  const firstNew = steps.reduce((lowest, step) => Math.min(lowest, ownDotOf(step)), Number.POSITIVE_INFINITY);
  const published = publishedWith(seen, stepsOf, firstNew);
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
function publishedWith(
  seen: Intervals,
  stepsOf: readonly (readonly Step[])[],
  firstNew: number,
): Intervals[] {
  const toCome = Intervals.empty();
  return stepsOf
    .toReversed()
    .map((steps) => {
      const published = seen.without(toCome);
      const dots = steps.flatMap(({ live, leave }) => [live?.dot ?? 0, leave?.leave ?? 0, leave?.dead ?? 0]);
      toCome.addAll(Intervals.of(dots.filter((dot) => dot >= firstNew)));
      return published;
    })
    .reverse();
}

/** The first dot that this step took. */
function ownDotOf({ live, leave }: Step): number {
  return leave?.leave ?? live?.dot ?? Number.POSITIVE_INFINITY;
}
