import {
  type Fragment,
  fragmentOf,
  Intervals,
  type LiveDot,
  type PresenceSet,
} from "../../../src/crdt/index.ts";
import { tagText } from "./entry-text.ts";
import type { StateReplay, TransferredMessage } from "./state-replay.ts";
import type { Clocks, RecordedDelta, RecordedEntry, StateStepOf } from "./state-trace.ts";

/** What changed at its sender since the last one. */
export function deltaOf(set: PresenceSet): TransferredMessage {
  return [fragmentOf(set.replica, set.takeOperations())];
}

/** All that is known of these replicas. */
export function fullStateOf(set: PresenceSet, replicas: Iterable<string>): TransferredMessage {
  return Array.from(replicas, (replica) => set.catchUp(replica, Intervals.empty()) ?? []).flat();
}

/**
 * What answers a request. Of its past deltas the reference sends one, and which is its own choice: step by step we
 * can only be compared when we send the same.
 */
export function answerOf(
  { replica, clocks, expect }: StateStepOf<"transfer">,
  world: StateReplay,
): TransferredMessage {
  const { set } = world.replica(replica);
  if (expect.kind === "full") return fullStateOf(set, clocks.keys());
  return world.mode === "exact" ? recorded(expect.content, world) : catchUpOf(set, clocks);
}

function catchUpOf(set: PresenceSet, clocks: Clocks): TransferredMessage {
  return Array.from(clocks, ([name, clock]) => set.catchUp(name, Intervals.range(1, clock)) ?? []).flat();
}

function recorded({ clouds, values }: RecordedDelta, world: StateReplay): TransferredMessage {
  return Array.from(clouds, ([replica, clocks]): Fragment => {
    const ofReplica = values.filter(({ tag }) => tag[0] === replica);
    const live = ofReplica.map((entry) => liveDot(entry, world)).sort((one, other) => one.dot - other.dot);
    return { replica, seen: Intervals.of(clocks), live, leaves: [] };
  });
}

function liveDot({ topic, pid, key, meta, tag }: RecordedEntry, { pids, replaced }: StateReplay): LiveDot {
  const owner = pids.numberOf(pid);
  return { dot: tag[1], owner, topic, key, content: meta, replaced: replaced.get(tagText(tag)) ?? 0 };
}
