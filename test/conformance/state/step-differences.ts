import type { Change, PresenceRecord } from "../../../src/crdt/index.ts";
import { listDifference } from "../difference.ts";
import { entryText, metaText, presenceText, tagText, withoutRefs } from "./entry-text.ts";
import type { StateReplay } from "./state-replay.ts";
import type { ByTopic, RecordedEntry, StateStep, Tag } from "./state-trace.ts";

/** Compares the change of a step with the recorded result. */
export function stepDifferences(step: StateStep, { joins, leaves }: Change, replay: StateReplay): string[] {
  switch (step.op) {
    case "join":
      return tags(step.expect.tag, joins);
    case "update":
      return [...tags(step.expect.tag, joins), ...entries("replaced", step.expect.replaced, leaves, replay)];
    case "leave":
    case "leave_pid":
    case "replica_down":
      return entries("leaves", step.expect.leaves, leaves, replay);
    case "replica_up":
      return entries("joins", step.expect.joins, joins, replay);
    case "merge":
      return [
        ...entries("joins", step.expect.joins, joins, replay),
        ...entries("leaves", step.expect.leaves, leaves, replay),
      ];
    case "check":
      return [
        ...entries("online", step.expect.online, presencesAt(step.replica, replay), replay),
        ...topics(step.expect.by_topic, step.replica, replay),
      ];
    default:
      return [];
  }
}

/** After the last step, every running replica must list exactly the presences that the running replicas hold. */
export function endDifferences(replay: StateReplay): string[] {
  const held = Array.from(replay.running.values(), (replica) => [...replica.held.values()]).flat();
  return Array.from(replay.running.keys(), (name) => {
    return entries(`the list at ${name}`, held, presencesAt(name, replay), replay);
  }).flat();
}

function tags(expected: Tag, ours: readonly PresenceRecord[]): string[] {
  return listDifference(
    "tag",
    [tagText(expected)],
    ours.map(({ replica, dot }) => tagText([replica, dot])),
  );
}

function entries(
  what: string,
  expected: readonly RecordedEntry[],
  ours: readonly PresenceRecord[],
  replay: StateReplay,
): string[] {
  return listDifference(
    what,
    expected.map(entryText),
    ours.map((presence) => presenceText(presence, replay.pids)),
  );
}

function topics(expected: ByTopic, name: string, replay: StateReplay): string[] {
  const { set } = replay.replica(name);
  return listDifference(
    "by_topic",
    Array.from(expected, ([topic, list]) => list.map(([key, meta]) => metaText(topic, key, meta))).flat(),
    set.topics().flatMap((topic) => {
      return set.list(topic).map(([key, meta]) => metaText(topic, key, withoutRefs(meta)));
    }),
  );
}

/** The presences that readers of this replica see. `brokenPromises` checks that the list agrees with them. */
function presencesAt(name: string, replay: StateReplay): PresenceRecord[] {
  return [...replay.replica(name).follower.presences.values()];
}
