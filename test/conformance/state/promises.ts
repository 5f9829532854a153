import { Intervals, type PresenceRecord } from "../../../src/crdt/index.ts";
import { listDifference } from "../difference.ts";
import { equalSeenMeansEqualLive } from "./agreement.ts";
import { entryText, metaText, presenceText } from "./entry-text.ts";
import type { ReplayedReplica, StateReplay } from "./state-replay.ts";
import { wrongCounts } from "./wrong-counts.ts";

type Identity = Pick<PresenceRecord, "replica" | "owner" | "topic" | "key">;

/** What our sets promise whatever happens, and don't keep just now. */
export function brokenPromises(world: StateReplay): string[] {
  const broken = Array.from(world.running.values(), (replica) => {
    const ofReplica = [
      ...replica.follower.complaints,
      ...changesAddUpToTheList(replica),
      ...nothingIsListedTwice(replica),
      ...theHighestDotsAreListed(replica),
      ...whatItHoldsIsListed(replica, world),
      ...countsAgreeWithTheList(replica, world),
    ];
    return ofReplica.map((what) => `${replica.set.replica}: ${what}`);
  });
  // A recorded delta may tell of a death without its leave, as no message of ours does: this holds of ours alone.
  const between = world.mode === "exact" ? [] : equalSeenMeansEqualLive(world);
  return [...broken.flat(), ...between];
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

/** With a gap in what was seen, an old and a new dot of one presence may both stand. */
function theHighestDotsAreListed({ set, follower }: ReplayedReplica): string[] {
  const highest = new Map<string, number>();
  for (const replica of set.replicas().filter((known) => set.isShown(known))) {
    // By rising dot: the last one of a presence is the highest.
    const standing = set.catchUp(replica, Intervals.empty())?.live ?? [];
    for (const { owner, topic, key, dot } of standing) {
      highest.set(identityOf({ replica, owner, topic, key }), dot);
    }
  }
  return listDifference(
    "the list is not the highest dot of each presence that stands",
    Array.from(highest, ([identity, dot]) => `${identity} ${dot}`),
    presencesOf(follower).map((presence) => `${identityOf(presence)} ${presence.dot}`),
  );
}

function whatItHoldsIsListed({ set, follower, held }: ReplayedReplica, { pids }: StateReplay): string[] {
  return listDifference(
    "of its own it does not list exactly what it holds",
    Array.from(held.values(), entryText),
    presencesOf(follower)
      .filter(({ replica }) => replica === set.replica)
      .map((presence) => presenceText(presence, pids)),
  );
}

function countsAgreeWithTheList({ set }: ReplayedReplica, { keys }: StateReplay): string[] {
  return Array.from(keys, ([topic, keysEver]) => wrongCounts(set, topic, keysEver)).flat();
}

function presencesOf(follower: ReplayedReplica["follower"]): PresenceRecord[] {
  return [...follower.presences.values()];
}

function identityOf({ replica, owner, topic, key }: Identity): string {
  return JSON.stringify([replica, owner, topic, key]);
}
