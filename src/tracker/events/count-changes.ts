import type { Change } from "../../crdt/change.ts";
import type { CountChange } from "../../replication/counts/count-change.ts";

export type { CountChange };

/**
 * Counts a change by topic and key, without making a meta. The changes of a topic follow each other, and those of keys that
 * only left come first.
 */
export function countChangesOf({ joins, leaves }: Change): CountChange[] {
  const topics = new Map<string, Map<string, MutableCountChange>>();
  for (const { topic, key } of leaves) changeOf(topics, topic, key).leaves++;
  for (const { topic, key } of joins) changeOf(topics, topic, key).joins++;
  return Array.from(topics.values(), (keys) => [...keys.values()]).flat();
}

type MutableCountChange = { -readonly [Name in keyof CountChange]: CountChange[Name] };

function changeOf(
  topics: Map<string, Map<string, MutableCountChange>>,
  topic: string,
  key: string,
): MutableCountChange {
  let keys = topics.get(topic);
  if (keys === undefined) {
    keys = new Map();
    topics.set(topic, keys);
  }
  let change = keys.get(key);
  if (change === undefined) {
    change = { topic, key, joins: 0, leaves: 0 };
    keys.set(key, change);
  }
  return change;
}
