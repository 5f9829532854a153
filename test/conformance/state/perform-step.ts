import type { Change, PresenceRecord } from "../../../src/crdt/index.ts";
import { tagText } from "./entry-text.ts";
import { deltaOf, fullStateOf, transferOf } from "./replica-messages.ts";
import type { ReplayedReplica, StateReplay, TransferredMessage } from "./state-replay.ts";
import type { Slot, StateStep, StateStepOf } from "./state-trace.ts";

const NO_CHANGE: Change = { joins: [], leaves: [] };

/** Does the step in our sets. Returns the change that its replica reports to readers. */
export function performStep(step: StateStep, replay: StateReplay): Change {
  if (step.op === "start") {
    replay.start(step.replica);
    return NO_CHANGE;
  }
  const replica = replay.replica(step.replica);
  const { set } = replica;
  switch (step.op) {
    case "join":
      return join(step, replica, replay);
    case "update":
      return update(step, replica, replay);
    case "leave":
      replica.held.delete(slotText(step));
      return set.leave(replay.pids.numberOf(step.pid), step.topic, step.key);
    case "leave_pid":
      for (const [slot, { pid }] of replica.held) if (pid === step.pid) replica.held.delete(slot);
      return set.leaveAll(replay.pids.numberOf(step.pid));
    case "capture_delta":
      if (step.as !== null) replay.send(step.as, deltaOf(set));
      return NO_CHANGE;
    case "capture_full":
      replay.send(step.as, fullStateOf(set, step.context.keys()));
      return NO_CHANGE;
    case "transfer":
      replay.send(step.as, transferOf(step, replay));
      return NO_CHANGE;
    case "merge":
      return merge(replay.message(step.message), replica);
    case "replica_up":
      return set.show(step.peer);
    case "replica_down":
      return set.hide(step.peer);
    case "remove_down_replicas":
      return set.forget(step.peer);
    case "stop":
      replay.running.delete(step.replica);
      return NO_CHANGE;
    case "check":
    case "sync_targets":
      return NO_CHANGE;
  }
}

/** A text that identifies a slot within its replica. */
export function slotText({ topic, pid, key }: Slot): string {
  return JSON.stringify([topic, pid, key]);
}

function join(step: StateStepOf<"join">, replica: ReplayedReplica, { pids, keys }: StateReplay): Change {
  const { topic, pid, key, meta } = step;
  const presence = replica.set.join(pids.numberOf(pid), topic, key, meta);
  hold(step, presence, replica);
  keys.set(topic, (keys.get(topic) ?? new Set()).add(key));
  return { joins: [presence], leaves: [] };
}

function update(
  step: StateStepOf<"update">,
  replica: ReplayedReplica,
  { pids, replaced }: StateReplay,
): Change {
  const { topic, pid, key, meta } = step;
  const change = replica.set.update(pids.numberOf(pid), topic, key, meta);
  const [join] = change.joins;
  const [leave] = change.leaves;
  if (join === undefined || leave === undefined) throw new Error("an update must report a join and a leave");
  hold(step, join, replica);
  replaced.set(tagText([join.replica, join.dot]), leave.dot);
  return change;
}

function hold(
  step: StateStepOf<"join" | "update">,
  { dot }: PresenceRecord,
  { set, held }: ReplayedReplica,
): void {
  const { topic, pid, key, meta } = step;
  held.set(slotText(step), { topic, pid, key, meta, tag: [set.replica, dot] });
}

function merge(message: TransferredMessage, { set }: ReplayedReplica): Change {
  const changes = message.map((fragment) => set.merge(fragment));
  return {
    joins: changes.flatMap(({ joins }) => joins),
    leaves: changes.flatMap(({ leaves }) => leaves),
  };
}
