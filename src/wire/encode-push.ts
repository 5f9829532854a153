import { dotsOf, type Fragment } from "../crdt/fragment.ts";
import { Intervals } from "../crdt/intervals.ts";
import { MessageDraft, Packer, type StartMessage } from "./packer.ts";
import type { OutgoingPush } from "./replica-message.ts";

/** The end of the fragment, the end of the list, and three numbers. */
const END_BYTES = 2 + 3 * 8;

/**
 * Encodes a push as one message if it fits. Otherwise it is split into adding parts, which contain presences only, and
 * then closing parts, which contain the leaves and the rest of `seen`. The receiver merges adding parts as they arrive,
 * and the closing parts together at the end, so no reader sees the old dot of an update disappear before the new one appears.
 */
export function encodePush(push: OutgoingPush, start: StartMessage, maxBytes: number): Uint8Array[] {
  const startPush: StartMessage = (draft, index) => {
    start(draft, index);
    draft.writer.text(draft.writer.names, push.to);
    draft.writer.number(push.request);
  };
  const limit = maxBytes - END_BYTES;
  const onlyMessage = inOneMessage(push.fragments, startPush, limit);
  if (onlyMessage !== undefined) return finish([onlyMessage], 0);
  const packer = new Packer(limit, startPush);
  for (const { replica, live } of push.fragments) {
    for (const entry of live) packer.add((draft) => draft.fragmentOf(replica).live(entry));
  }
  const addingParts = packer.drafts.length;
  packer.startMessage();
  for (const fragment of push.fragments) addLeavesAndIntervals(packer, fragment);
  return finish(packer.drafts, addingParts);
}

/** The answer in one message, or `undefined` as soon as it turns out not to fit. */
function inOneMessage(
  fragments: readonly Fragment[],
  startPush: StartMessage,
  limit: number,
): MessageDraft | undefined {
  const draft = new MessageDraft();
  startPush(draft, 0);
  for (const fragment of fragments) {
    const writer = draft.fragmentOf(fragment.replica);
    for (const entry of fragment.live) {
      writer.live(entry);
      if (draft.writer.length > limit) return undefined;
    }
    writer.leavesAndIntervals(fragment);
    if (draft.writer.length > limit) return undefined;
  }
  return draft;
}

/** Adds everything that the fragment has seen except its live dots. */
function addLeavesAndIntervals(packer: Packer, { replica, seen, live, leaves }: Fragment): void {
  for (const pair of leaves) packer.add((draft) => draft.fragmentOf(replica).leave(pair));
  for (const [low, high] of seen.without(Intervals.of(dotsOf(live, leaves)))) {
    packer.add((draft) => draft.fragmentOf(replica).interval(low, high));
  }
}

function finish(drafts: readonly MessageDraft[], addingParts: number): Uint8Array[] {
  return drafts.map((draft, index) => {
    draft.endFragment();
    draft.writer.byte(0);
    draft.writer.number(index);
    draft.writer.number(drafts.length);
    draft.writer.number(addingParts);
    return draft.writer.bytes();
  });
}
