import { Intervals, type PresenceRecord } from "../../../src/crdt/index.ts";
import { listDifference } from "../difference.ts";
import { equalSeenMeansEqualLive } from "./agreement.ts";
import { entryText, metaText, presenceText } from "./entry-text.ts";
import type { ReplayedReplica, StateReplay } from "./state-replay.ts";
import { wrongCounts } from "./wrong-counts.ts";

type Identity = Pick<PresenceRecord, "replica" | "owner" | "topic" | "key">;

/** The promises of our own that the sets break at this moment. They must hold in every trace. */
export function brokenPromises(replay: StateReplay): string[] {
  const broken = Array.from(replay.running.values(), (replica) => {
    const ofReplica = [
      ...replica.follower.contradictions,
      ...changesAddUpToTheList(replica),
      ...nothingIsListedTwice(replica),
      ...highestDotsAreListed(replica),
      ...ownPresencesAreListed(replica, replay),
      ...countsAgreeWithTheList(replica, replay),
    ];
    return ofReplica.map((what) => `${replica.set.replica}: ${what}`);
  });
  // A recorded delta may omit a presence without its leave. Our messages never do, so only they must agree.
  const disagreements = replay.mode === "exact" ? [] : equalSeenMeansEqualLive(replay);
  return [...broken.flat(), ...disagreements];
}

function changesAddUpToTheList({ set, follower }: ReplayedReplica): string[] {
  const listed = set.topics().flatMap((topic) => {
    return set.list(topic).map(([key, meta]) => metaText(topic, key, meta));
  });
  const reported = presencesOf(follower).map(({ topic, key, meta }) => metaText(topic, key, meta));
  return listDifference("the list is not what the changes add up to", reported, listed);
}

function nothingIsListedTwice({ follower }: ReplayedReplica): string[] {
  const identities = presencesOf(follower).map(identityOf);
  return listDifference("a presence is listed twice", [...new Set(identities)], identities);
}

/** If a set has missed events, an old and a new dot of one presence may both be live. Readers see the highest. */
function highestDotsAreListed({ set, follower }: ReplayedReplica): string[] {
  const highest = new Map<string, number>();
  for (const replica of set.replicas().filter((known) => set.isShown(known))) {
    // Ordered by dot, so the last dot of a presence is the highest.
    const live = set.catchUp(replica, Intervals.empty())?.live ?? [];
    for (const { owner, topic, key, dot } of live) {
      highest.set(identityOf({ replica, owner, topic, key }), dot);
    }
  }
  return listDifference(
    "the list is not the highest dot of each live presence",
    Array.from(highest, ([identity, dot]) => `${identity} ${dot}`),
    presencesOf(follower).map((presence) => `${identityOf(presence)} ${presence.dot}`),
  );
}

function ownPresencesAreListed({ set, follower, held }: ReplayedReplica, { pids }: StateReplay): string[] {
  return listDifference(
    "it does not list exactly the presences of its own owners",
    Array.from(held.values(), entryText),
    presencesOf(follower)
      .filter(({ replica }) => replica === set.replica)
      .map((presence) => presenceText(presence, pids)),
  );
}

function countsAgreeWithTheList({ set }: ReplayedReplica, { keys }: StateReplay): string[] {
  return Array.from(keys, ([topic, everyKey]) => wrongCounts(set, topic, everyKey)).flat();
}

function presencesOf(follower: ReplayedReplica["follower"]): PresenceRecord[] {
  return [...follower.presences.values()];
}

function identityOf({ replica, owner, topic, key }: Identity): string {
  return JSON.stringify([replica, owner, topic, key]);
}
