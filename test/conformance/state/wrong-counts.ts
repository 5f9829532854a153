import type { PresenceSet } from "../../../src/crdt/index.ts";
import { listDifference } from "../difference.ts";
import { metaText } from "./entry-text.ts";

/** Compares the counts and indexes of a topic with its list. `everyKey` may contain keys that have left. */
export function wrongCounts(set: PresenceSet, topic: string, everyKey: Iterable<string>): string[] {
  const list = set.list(topic);
  const keys = new Set(list.map(([key]) => key));
  const timesNamed = set.topics().filter((name) => name === topic).length;
  const wrong = [
    ...differs(`count of ${topic}`, list.length, set.count(topic)),
    ...differs(`keyCount of ${topic}`, keys.size, set.keyCount(topic)),
    ...differs(`the number of times that topics() contains ${topic}`, Math.min(list.length, 1), timesNamed),
  ];
  for (const key of everyKey) {
    const listed = list.filter(([other]) => other === key).map(([, meta]) => metaText(topic, key, meta));
    const byKey = set.getByKey(topic, key).map((meta) => metaText(topic, key, meta));
    wrong.push(...differs(`count of ${key} in ${topic}`, listed.length, set.count(topic, key)));
    wrong.push(...listDifference(`getByKey of ${key} in ${topic} differs from the list`, listed, byKey));
  }
  return wrong;
}

function differs(what: string, listed: number, ours: number): string[] {
  return ours === listed ? [] : [`${what} is ${ours}, but the list has ${listed}`];
}
