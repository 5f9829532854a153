import { dotsOf, type Fragment, type LeavePair } from "./fragment.ts";
import { Intervals } from "./intervals.ts";
import type { LiveEntry } from "./live-entry.ts";
import type { Slice } from "./slice.ts";

/**
 * The fragment that a peer lacks if it has seen `seen` of this slice. Once the peer has merged it, the peer has seen
 * all that we have seen. It costs what the peer missed. If the leave log does not reach back far enough, it also costs
 * a hole in an interval for each live dot that the peer has.
 */
export function catchUp(slice: Slice, seen: Intervals): Fragment {
  const missing = slice.seen.without(seen);
  const live = slice.liveWithin(missing).sort(byDot);
  const leaves = leavesWithin(slice, missing);
  const endedMissing = leaves.filter(({ ended }) => missing.has(ended)).length;
  const logReachesBack = live.length + leaves.length + endedMissing === missing.size;
  if (logReachesBack) {
    return { replica: slice.replica, seen: Intervals.of(dotsOf(live, leaves)), live, leaves };
  }
  return { replica: slice.replica, seen: slice.seen.without(liveDotsWithin(slice, seen)), live, leaves: [] };
}

/** The leaves in the log that the peer lacks, in rising order. It walks the smaller of the log and `missing`. */
function leavesWithin(slice: Slice, missing: Intervals): LeavePair[] {
  const leaves: LeavePair[] = [];
  if (missing.size > slice.log.size) {
    for (const [leave, ended] of slice.log) if (missing.has(leave)) leaves.push({ leave, ended });
    return leaves.sort((one, other) => one.leave - other.leave);
  }
  for (const [low, high] of missing) {
    for (let leave = low; leave <= high; leave++) {
      const ended = slice.log.get(leave);
      if (ended !== undefined) leaves.push({ leave, ended });
    }
  }
  return leaves;
}

/** The live dots that the peer has already. A catch-up makes no statement about them. */
function liveDotsWithin(slice: Slice, seen: Intervals): Intervals {
  return Intervals.of(Array.from(slice.liveWithin(seen), (entry) => entry.dot));
}

function byDot(one: LiveEntry, other: LiveEntry): number {
  return one.dot - other.dot;
}
