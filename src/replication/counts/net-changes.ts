import type { Change } from "../../crdt/change.ts";
import type { PresenceRecord } from "../../crdt/live-entry.ts";
import type { CountChange } from "./count-change.ts";

/** By how much the number of one topic and key has changed. */
interface NetNumber {
  readonly topic: string;
  readonly key: string;
  by: number;
  /** The same for another key of this topic. */
  otherKey: NetNumber | undefined;
}

/**
 * How a change changes the numbers of each topic and key, if each presence stands for this many. What nets to nothing is left
 * out.
 */
export function netChanges(
  { joins, leaves }: Change,
  numberOf: (presence: PresenceRecord) => number,
): CountChange[] {
  const net = new Map<string, NetNumber>();
  for (const presence of joins) add(net, presence, numberOf(presence));
  for (const presence of leaves) add(net, presence, -numberOf(presence));
  const changes: CountChange[] = [];
  for (const first of net.values()) {
    for (let each: NetNumber | undefined = first; each !== undefined; each = each.otherKey) {
      const { topic, key, by } = each;
      if (by !== 0) changes.push({ topic, key, joins: Math.max(0, by), leaves: Math.max(0, -by) });
    }
  }
  return changes;
}

function add(net: Map<string, NetNumber>, { topic, key }: PresenceRecord, by: number): void {
  let known = net.get(topic);
  if (known === undefined) {
    net.set(topic, { topic, key, by, otherKey: undefined });
    return;
  }
  while (known.key !== key && known.otherKey !== undefined) known = known.otherKey;
  if (known.key === key) known.by += by;
  else known.otherKey = { topic, key, by, otherKey: undefined };
}
