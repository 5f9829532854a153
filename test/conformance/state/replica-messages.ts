import {
  type Fragment,
  fragmentOf,
  Intervals,
  type LiveDot,
  type PresenceSet,
} from "../../../src/crdt/index.ts";
import { tagText } from "./entry-text.ts";
import type { StateReplay, TransferredMessage } from "./state-replay.ts";
import type { RecordedDelta, RecordedEntry, StateStepOf } from "./state-trace.ts";

/** The changes of the sender since its last delta. */
export function deltaOf(set: PresenceSet): TransferredMessage {
  return [fragmentOf(set.replica, set.takeOperations())];
}

/** Everything that the set knows about these replicas. */
export function fullStateOf(set: PresenceSet, replicas: Iterable<string>): TransferredMessage {
  return Array.from(replicas, (replica) => set.catchUp(replica, Intervals.empty()) ?? []).flat();
}

/**
 * The answer to a request. The reference chooses which of its past deltas to send. In an exact replay we send that
 * recorded delta, because each step is compared. In every other replay we send our own catch-up.
 */
export function transferOf(step: StateStepOf<"transfer">, replay: StateReplay): TransferredMessage {
  const { replica, clocks, expect } = step;
  const { set } = replay.replica(replica);
  if (expect.kind === "full") return fullStateOf(set, clocks.keys());
  return replay.mode === "exact" ? recordedDelta(expect.content, replay) : catchUpFor(step, set, replay);
}

/**
 * Everything the asking replica is missing, as a pull would carry it. The recorded clocks only name the replicas: the
 * reference also counts events of replicas that it does not know yet, and our sets ignore those.
 */
function catchUpFor(
  { for: asking, clocks }: StateStepOf<"transfer">,
  set: PresenceSet,
  replay: StateReplay,
): TransferredMessage {
  const asker = replay.running.get(asking)?.set;
  return Array.from(
    clocks.keys(),
    (name) => set.catchUp(name, asker?.seenOf(name) ?? Intervals.empty()) ?? [],
  ).flat();
}

function recordedDelta({ clouds, values }: RecordedDelta, replay: StateReplay): TransferredMessage {
  return Array.from(clouds, ([replica, clocks]): Fragment => {
    const ofReplica = values.filter(({ tag }) => tag[0] === replica);
    const live = ofReplica.map((entry) => liveDot(entry, replay)).sort((one, other) => one.dot - other.dot);
    return { replica, seen: Intervals.of(clocks), live, leaves: [] };
  });
}

function liveDot({ topic, pid, key, meta, tag }: RecordedEntry, { pids, replaced }: StateReplay): LiveDot {
  const owner = pids.numberOf(pid);
  return { dot: tag[1], owner, topic, key, content: meta, replaced: replaced.get(tagText(tag)) ?? 0 };
}
