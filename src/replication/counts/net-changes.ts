import type { Change } from "../../crdt/change.ts";
import type { PresenceRecord } from "../../crdt/live-entry.ts";
import type { CountChange } from "./count-change.ts";
import { FewKeys } from "./few-keys.ts";

/**
 * How a change changes the numbers of each topic and key, if each presence stands for this many. What nets to nothing is left
 * out.
 */
export function netChanges(
  { joins, leaves }: Change,
  numberOf: (presence: PresenceRecord) => number,
): CountChange[] {
  const [only] = joins;
  if (joins.length === 1 && leaves.length === 0) return countChange(only!.topic, only!.key, numberOf(only!));
  const net = new Map<string, FewKeys<number>>();
  for (const presence of joins) add(net, presence, numberOf(presence));
  for (const presence of leaves) add(net, presence, -numberOf(presence));
  const changes: CountChange[] = [];
  for (const [topic, keys] of net) for (const [key, by] of keys) changes.push(...countChange(topic, key, by));
  return changes;
}

function add(net: Map<string, FewKeys<number>>, { topic, key }: PresenceRecord, by: number): void {
  const keys = net.get(topic) ?? new FewKeys<number>();
  keys.set(key, (keys.get(key) ?? 0) + by);
  net.set(topic, keys);
}

function countChange(topic: string, key: string, by: number): CountChange[] {
  if (by === 0) return [];
  return [{ topic, key, joins: Math.max(0, by), leaves: Math.max(0, -by) }];
}
