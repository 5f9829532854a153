import { dotsOf, type Fragment, type LeavePair } from "./fragment.ts";
import { Intervals } from "./intervals.ts";
import type { LiveEntry } from "./live-entry.ts";
import type { Slice } from "./slice.ts";

/**
 * What a peer that has seen `seen` of this slice lacks. It costs what was missed; where the log of leaves does not
 * reach back far enough, also a hole in an interval for each dot that stands and the peer has. Merged by the
 * peer, it leaves nothing of what we have seen unseen.
 */
export function catchUp(slice: Slice, seen: Intervals): Fragment {
  const missing = slice.seen.without(seen);
  const live = slice.liveWithin(missing).sort(byDot);
  const leaves = leavesWithin(slice, missing);
  const deadMissing = leaves.filter(({ dead }) => missing.has(dead)).length;
  const logReachesBack = live.length + leaves.length + deadMissing === missing.size;
  if (logReachesBack) {
    return { replica: slice.replica, seen: Intervals.of(dotsOf(live, leaves)), live, leaves };
  }
  return { replica: slice.replica, seen: slice.seen.without(standingIn(slice, seen)), live, leaves: [] };
}

/** The leaves that the log has and the peer has not, by rising dot: walking the smaller of the two. */
function leavesWithin(slice: Slice, missing: Intervals): LeavePair[] {
  const leaves: LeavePair[] = [];
  if (missing.size > slice.log.size) {
    for (const [leave, dead] of slice.log) if (missing.has(leave)) leaves.push({ leave, dead });
    return leaves.sort((one, other) => one.leave - other.leave);
  }
  for (const [low, high] of missing) {
    for (let leave = low; leave <= high; leave++) {
      const dead = slice.log.get(leave);
      if (dead !== undefined) leaves.push({ leave, dead });
    }
  }
  return leaves;
}

/** Of these a catch-up says nothing: the peer has them, and they stand. */
function standingIn(slice: Slice, seen: Intervals): Intervals {
  return Intervals.of(Array.from(slice.liveWithin(seen), (entry) => entry.dot));
}

function byDot(one: LiveEntry, other: LiveEntry): number {
  return one.dot - other.dot;
}
