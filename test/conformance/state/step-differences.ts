import type { Change, PresenceRecord } from "../../../src/crdt/index.ts";
import { listDifference } from "../difference.ts";
import { entryText, metaText, presenceText, tagText, withoutRefs } from "./entry-text.ts";
import type { StateReplay } from "./state-replay.ts";
import type { ByTopic, RecordedEntry, StateStep, Tag } from "./state-trace.ts";

/** Where what a step did here differs from what the reference answered. */
export function stepDifferences(step: StateStep, { joins, leaves }: Change, world: StateReplay): string[] {
  switch (step.op) {
    case "join":
      return tags(step.expect.tag, joins);
    case "update":
      return [...tags(step.expect.tag, joins), ...entries("replaced", step.expect.replaced, leaves, world)];
    case "leave":
    case "leave_pid":
    case "replica_down":
      return entries("leaves", step.expect.leaves, leaves, world);
    case "replica_up":
      return entries("joins", step.expect.joins, joins, world);
    case "merge":
      return [
        ...entries("joins", step.expect.joins, joins, world),
        ...entries("leaves", step.expect.leaves, leaves, world),
      ];
    case "check":
      return [
        ...entries("online", step.expect.online, presencesAt(step.replica, world), world),
        ...topics(step.expect.by_topic, step.replica, world),
      ];
    default:
      return [];
  }
}

/** Where, after the last step, a running replica does not list exactly what the running replicas hold. */
export function endDifferences(world: StateReplay): string[] {
  const held = Array.from(world.running.values(), (replica) => [...replica.held.values()]).flat();
  return Array.from(world.running.keys(), (name) => {
    return entries(`the list at ${name}`, held, presencesAt(name, world), world);
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
  world: StateReplay,
): string[] {
  return listDifference(
    what,
    expected.map(entryText),
    ours.map((presence) => presenceText(presence, world.pids)),
  );
}

function topics(expected: ByTopic, name: string, world: StateReplay): string[] {
  const { set } = world.replica(name);
  return listDifference(
    "by_topic",
    Array.from(expected, ([topic, list]) => list.map(([key, meta]) => metaText(topic, key, meta))).flat(),
    set.topics().flatMap((topic) => {
      return set.list(topic).map(([key, meta]) => metaText(topic, key, withoutRefs(meta)));
    }),
  );
}

/** What readers see there. That a list agrees with the changes it reported is a promise of its own. */
function presencesAt(name: string, world: StateReplay): PresenceRecord[] {
  return [...world.replica(name).follower.presences.values()];
}
