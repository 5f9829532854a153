import { compactOperations, dotsOf, type Operation, separateLastLeaves } from "../crdt/fragment.ts";
import { Intervals } from "../crdt/intervals.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { MAX_OWN_SEEN_BYTES } from "./format.ts";
import { Packer, type StartMessage } from "./packer.ts";
import type { OutgoingDelta } from "./replica-message.ts";
import { FragmentWriter } from "./write-fragment.ts";
import { addHandover } from "./write-handover.ts";

/** The end of the fragment, the sender's own `seen`, and the end of the handover. */
const END_BYTES = 2 + MAX_OWN_SEEN_BYTES;

/**
 * Splits a delta between its operations: each message is leave-closed, and no update is an absence in between. The leave of a
 * presence that was updated just before goes into a later message than the update, so that peers see the last meta. The handover
 * comes last: a claim is in the message with the join of its newcomer, if it fits.
 */
export function encodeDelta(
  { seen, operations, handover }: OutgoingDelta,
  start: StartMessage,
  maxBytes: number,
): Uint8Array[] {
  let fragment: FragmentWriter;
  const operationsByMessage: Operation[][] = [];
  const packer = new Packer(maxBytes - END_BYTES, (draft, index) => {
    start(draft, index);
    fragment = new FragmentWriter(draft.writer);
    operationsByMessage.push([]);
  });
  for (const [index, together] of separateLastLeaves(operations).entries()) {
    if (index > 0 && together.length > 0) packer.startMessage();
    for (const operation of compactOperations(together)) {
      packer.add(() => {
        for (const pair of operation.leaves) fragment.leave(pair);
        if (operation.live !== undefined) fragment.live(operation.live);
      });
      operationsByMessage.at(-1)!.push(operation);
    }
  }
  const seenByMessage = publishedSeen(seen, operationsByMessage);
  for (const [index, { writer }] of packer.drafts.entries()) endFragment(writer, seenByMessage[index]!);
  const startEmpty: StartMessage = (draft, index) => {
    start(draft, index);
    endFragment(draft.writer, seen);
  };
  return addHandover(packer.drafts, handover, startEmpty, maxBytes);
}

/** Ends the fragment of a delta, and states which of the sender's dots have been published. */
function endFragment(writer: ByteWriter, seen: Intervals): void {
  writer.byte(0);
  writer.intervals(seen, MAX_OWN_SEEN_BYTES);
}

/**
 * The `seen` that each message states: the dots that have been published once this message is out. If a message stated
 * the dots of later messages too, every peer would pull dots that are already on their way.
 */
function publishedSeen(seen: Intervals, operationsByMessage: readonly (readonly Operation[])[]): Intervals[] {
  if (operationsByMessage.length === 1) return [seen];
  const firstUnpublished = firstUnpublishedDot(operationsByMessage.flat());
  const laterDots = Intervals.empty();
  return operationsByMessage
    .toReversed()
    .map((operations) => {
      const published = seen.without(laterDots);
      laterDots.addAll(Intervals.of(dotsNamedBy(operations).filter((dot) => dot >= firstUnpublished)));
      return published;
    })
    .reverse();
}

/**
 * The lowest dot that was not published before. The operations name every unpublished dot, and perhaps some older dots
 * that have ended since. The unpublished dots are consecutive, so they are the last interval of named dots.
 */
function firstUnpublishedDot(operations: readonly Operation[]): number {
  const intervals = [...Intervals.of(dotsNamedBy(operations))];
  return intervals.at(-1)?.[0] ?? 0;
}

function dotsNamedBy(operations: readonly Operation[]): number[] {
  return dotsOf(
    operations.flatMap(({ live }) => live ?? []),
    operations.flatMap(({ leaves }) => leaves),
  );
}
