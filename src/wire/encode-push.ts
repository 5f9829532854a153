import { dotsOf, type Fragment } from "../crdt/fragment.ts";
import { Intervals } from "../crdt/intervals.ts";
import { Packer, Part } from "./packer.ts";
import type { OutgoingPush } from "./replica-message.ts";

/** The end of the fragment, that of the list, and three numbers. */
const END_BYTES = 2 + 3 * 8;

type Start = (part: Part, index: number) => void;

/**
 * One message where the answer fits into it. Otherwise parts that add presences only, each saying nothing of
 * other dots, and then parts with all that is dead, which are merged as one once the rest is there: so no reader
 * sees an update's old dot go before the new one comes.
 */
export function encodePush(push: OutgoingPush, start: Start, maxBytes: number): Uint8Array[] {
  const begin: Start = (part, index) => {
    start(part, index);
    part.writer.text(part.writer.names, push.to);
    part.writer.number(push.request);
  };
  const limit = maxBytes - END_BYTES;
  const whole = wholeIn(push.fragments, begin, limit);
  if (whole !== undefined) return finish([whole], 0);
  const packer = new Packer(limit, begin);
  for (const { replica, live } of push.fragments) {
    for (const entry of live) packer.add((part) => part.fragmentOf(replica).live(entry));
  }
  const adding = packer.parts.length;
  packer.startMessage();
  for (const fragment of push.fragments) addDead(packer, fragment);
  return finish(packer.parts, adding);
}

/** The whole answer in one message, or nothing as soon as it is clear that it does not fit. */
function wholeIn(fragments: readonly Fragment[], begin: Start, limit: number): Part | undefined {
  const part = new Part();
  begin(part, 0);
  for (const fragment of fragments) {
    const writer = part.fragmentOf(fragment.replica);
    for (const entry of fragment.live) {
      writer.live(entry);
      if (part.writer.length > limit) return undefined;
    }
    writer.leavesAndIntervals(fragment);
    if (part.writer.length > limit) return undefined;
  }
  return part;
}

/** Everything that the fragment has seen and does not call live. */
function addDead(packer: Packer, { replica, seen, live, leaves }: Fragment): void {
  for (const pair of leaves) packer.add((part) => part.fragmentOf(replica).leave(pair));
  for (const [low, high] of seen.without(Intervals.of(dotsOf(live, leaves)))) {
    packer.add((part) => part.fragmentOf(replica).interval(low, high));
  }
}

function finish(parts: readonly Part[], adding: number): Uint8Array[] {
  return parts.map((part, index) => {
    part.endFragment();
    part.writer.byte(0);
    part.writer.number(index);
    part.writer.number(parts.length);
    part.writer.number(adding);
    return part.writer.bytes();
  });
}
