import type { PresenceRecord } from "../../../src/crdt/index.ts";
import { listDifference } from "../difference.ts";
import { metaText } from "./entry-text.ts";
import type { StateReplay } from "./state-replay.ts";

/** Checks that sets which have seen the same events of a replica have the same digest and list of that replica. */
export function equalSeenMeansEqualLive({ running }: StateReplay): string[] {
  const digests = new Map<string, number>();
  const lists = new Map<string, string[]>();
  const broken: string[] = [];
  for (const { set, follower } of running.values()) {
    for (const replica of set.replicas()) {
      const seen = `${JSON.stringify([...set.seenOf(replica)])} of ${replica}`;
      const digest = set.digestOf(replica);
      if (digest !== firstValue(digests, seen, digest)) {
        broken.push(
          `${set.replica}: its digest differs from the digest of another set that has seen ${seen}`,
        );
      }
      if (!set.isShown(replica)) continue;
      const list = textsOf(replica, follower.presences.values());
      const what = `${set.replica}: its list differs from the list of another set that has seen ${seen}`;
      broken.push(...listDifference(what, firstValue(lists, seen, list), list));
    }
  }
  return broken;
}

/** The first value that was stored under this name, which may be this one. */
function firstValue<Value>(firsts: Map<string, Value>, name: string, value: Value): Value {
  if (!firsts.has(name)) firsts.set(name, value);
  return firsts.get(name) as Value;
}

/** Includes `phx_ref` and `phx_ref_prev`, because all nodes must agree on both. */
function textsOf(replica: string, presences: Iterable<PresenceRecord>): string[] {
  const ofReplica = [...presences].filter((presence) => presence.replica === replica);
  return ofReplica.map(({ topic, key, meta }) => metaText(topic, key, meta));
}
