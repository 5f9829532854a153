import type { Fragment, LiveDot } from "./fragment.ts";
import type { LiveEntry } from "./live-entry.ts";
import type { Slice, VisibilityListener } from "./slice.ts";

/** What a merge needs of the readers of a slice. */
export interface MergeListener extends VisibilityListener {
  /** This entry appeared and vanished within this merge. */
  appearedAndVanished?(entry: LiveEntry): void;
}

/**
 * Merges what a fragment says into what we know of its replica:
 *
 * - a local live dot that the fragment has seen, and does not call live, is gone;
 * - a dot that the fragment calls live, and that we have not seen, comes in;
 * - we have seen what the fragment has seen.
 *
 * Commutative, associative and idempotent over leave-closed fragments. O(dots named + the fewer of dots covered and live
 * dots): an interval is not walked where fewer dots live.
 * A causal-context set in the line of ORSWOT (Bieniusa et al., 2012), made flat by one writer a slice.
 *
 * New dots come in before old ones go, so that an update is never an absence; what goes, goes by rising dot, so
 * that no lower dot of the same presence comes up only to go as well.
 */
export function merge(
  slice: Slice,
  fragment: Fragment,
  entryOf: (live: LiveDot) => LiveEntry,
  readers: MergeListener,
): void {
  const gone = overtaken(slice, fragment);
  for (const live of fragment.live) {
    if (slice.seen.has(live.dot)) continue;
    const replaced = slice.add(entryOf(live), readers);
    if (replaced !== undefined && !slice.seen.has(replaced.dot)) readers.appearedAndVanished?.(replaced);
  }
  for (const entry of gone) slice.remove(entry, readers);
  for (const pair of fragment.leaves) if (!slice.seen.has(pair.leave)) slice.log.add(pair);
  slice.seen.addAll(fragment.seen);
}

/** The local live dots that the fragment has seen and does not call live, by rising dot. */
function overtaken(slice: Slice, { seen, live }: Fragment): LiveEntry[] {
  const gone: LiveEntry[] = [];
  for (const entry of slice.liveWithin(seen)) if (!names(live, entry.dot)) gone.push(entry);
  return gone.sort((one, other) => one.dot - other.dot);
}

function names(live: readonly LiveDot[], dot: number): boolean {
  let low = 0;
  let high = live.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (live[middle]!.dot < dot) low = middle + 1;
    else high = middle;
  }
  return live[low]?.dot === dot;
}
