import type { Change, PresenceRecord } from "../../../src/crdt/index.ts";
import { tagText } from "./entry-text.ts";
import { answerOf, deltaOf, fullStateOf } from "./replica-messages.ts";
import type { ReplayedReplica, StateReplay, TransferredMessage } from "./state-replay.ts";
import type { Slot, StateStep, StateStepOf } from "./state-trace.ts";

const NOTHING: Change = { joins: [], leaves: [] };

/** Does to our sets what this step did to the reference's; returns what changed for readers of its replica. */
export function performStep(step: StateStep, world: StateReplay): Change {
  if (step.op === "start") {
    world.start(step.replica);
    return NOTHING;
  }
  const replica = world.replica(step.replica);
  const { set } = replica;
  switch (step.op) {
    case "join":
      return join(step, replica, world);
    case "update":
      return update(step, replica, world);
    case "leave":
      replica.held.delete(slotText(step));
      return set.leave(world.pids.numberOf(step.pid), step.topic, step.key);
    case "leave_pid":
      for (const [slot, { pid }] of replica.held) if (pid === step.pid) replica.held.delete(slot);
      return set.leaveAll(world.pids.numberOf(step.pid));
    case "capture_delta":
      if (step.as !== null) world.send(step.as, deltaOf(set));
      return NOTHING;
    case "capture_full":
      world.send(step.as, fullStateOf(set, step.context.keys()));
      return NOTHING;
    case "transfer":
      world.send(step.as, answerOf(step, world));
      return NOTHING;
    case "merge":
      return merge(world.message(step.message), replica);
    case "replica_up":
      return set.show(step.peer);
    case "replica_down":
      return set.hide(step.peer);
    case "remove_down_replicas":
      return set.forget(step.peer);
    case "stop":
      world.running.delete(step.replica);
      return NOTHING;
    case "check":
    case "sync_targets":
      return NOTHING;
  }
}

/** What tells the slots of a replica apart. */
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
  const [now] = change.joins;
  const [before] = change.leaves;
  if (now === undefined || before === undefined) throw new Error("an update reported no join or no leave");
  hold(step, now, replica);
  replaced.set(tagText([now.replica, now.dot]), before.dot);
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
