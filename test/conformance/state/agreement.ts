import type { PresenceRecord } from "../../../src/crdt/index.ts";
import { listDifference } from "../difference.ts";
import { metaText } from "./entry-text.ts";
import type { StateReplay } from "./state-replay.ts";

/** Compares each set with the first one that has seen the same events of the same replica. */
export function equalSeenMeansEqualLive({ running }: StateReplay): string[] {
  const digests = new Map<string, number>();
  const lists = new Map<string, string[]>();
  const broken: string[] = [];
  for (const { set, follower } of running.values()) {
    for (const replica of set.replicas()) {
      const seen = `${JSON.stringify([...set.seenOf(replica)])} of ${replica}`;
      const digest = set.digestOf(replica);
      if (digest !== firstOf(digests, seen, digest)) {
        broken.push(`${set.replica}: its digest is not that of another set that has seen ${seen}`);
      }
      if (!set.isShown(replica)) continue;
      const list = textsOf(replica, follower.presences.values());
      const what = `${set.replica}: it does not list what another set does that has seen ${seen}`;
      broken.push(...listDifference(what, firstOf(lists, seen, list), list));
    }
  }
  return broken;
}

/** What was first put under this name: `value`, where nothing was yet. */
function firstOf<Value>(firsts: Map<string, Value>, name: string, value: Value): Value {
  if (!firsts.has(name)) firsts.set(name, value);
  return firsts.get(name) as Value;
}

/** With their refs, the one before an update too: all nodes have to agree on them. */
function textsOf(replica: string, presences: Iterable<PresenceRecord>): string[] {
  const ofReplica = [...presences].filter((presence) => presence.replica === replica);
  return ofReplica.map(({ topic, key, meta }) => metaText(topic, key, meta));
}
