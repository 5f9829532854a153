import type { PresenceSet } from "../../../src/crdt/index.ts";
import { listDifference } from "../difference.ts";
import { metaText } from "./entry-text.ts";

/** Where what is kept to answer quickly differs from the list of this topic; `keysEver` may hold keys long gone. */
export function wrongCounts(set: PresenceSet, topic: string, keysEver: Iterable<string>): string[] {
  const list = set.list(topic);
  const keys = new Set(list.map(([key]) => key));
  const named = set.topics().filter((name) => name === topic).length;
  const wrong = [
    ...differs(`count of ${topic}`, list.length, set.count(topic)),
    ...differs(`keyCount of ${topic}`, keys.size, set.keyCount(topic)),
    ...differs(`how often topics names ${topic}`, Math.min(list.length, 1), named),
  ];
  for (const key of keysEver) {
    const listed = list.filter(([other]) => other === key).map(([, meta]) => metaText(topic, key, meta));
    const byKey = set.getByKey(topic, key).map((meta) => metaText(topic, key, meta));
    wrong.push(...differs(`count of ${key} in ${topic}`, listed.length, set.count(topic, key)));
    wrong.push(...listDifference(`getByKey of ${key} in ${topic}, beside the list`, listed, byKey));
  }
  return wrong;
}

function differs(what: string, listed: number, ours: number): string[] {
  return ours === listed ? [] : [`${what} is ${ours}, where the list has ${listed}`];
}
