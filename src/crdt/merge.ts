import type { Fragment, LiveDot } from "./fragment.ts";
import type { LiveEntry } from "./live-entry.ts";
import type { Slice, VisibilityListener } from "./slice.ts";

/** Receives the visible changes of a merge. */
export interface MergeListener extends VisibilityListener {
  /** This entry appeared and vanished within the merge. */
  appearedAndVanished?(entry: LiveEntry): void;
}

/**
 * Merges a fragment into the slice of its replica:
 *
 * - each live dot of the fragment that the slice has not seen joins;
 * - each live dot of the slice that the fragment has seen and does not list as live leaves;
 * - the slice adds the fragment's `seen` to its own, and the leave pairs that are new to its log.
 *
 * Merging is commutative, associative and idempotent for leave-closed fragments. It costs O(dots that the fragment
 * names + the smaller of the dots that it covers and the live dots of the slice): it never iterates over an interval
 * that is longer than the number of live dots. The slice is a causal-context set like ORSWOT (Bieniusa et al., 2012),
 * simplified by having one writer.
 *
 * New dots join before old dots leave, so an update is never an absence. Dots leave in rising order, so no lower dot of
 * a presence appears only to leave as well.
 */
export function merge(
  slice: Slice,
  fragment: Fragment,
  entryOf: (live: LiveDot) => LiveEntry,
  listener: MergeListener,
): void {
  const ended = endedBy(slice, fragment);
  for (const live of fragment.live) {
    if (slice.seen.has(live.dot)) continue;
    const entry = entryOf(live);
    // Most updates end the entry that they replace.
    const ending = live.replaced > 0 ? ended[indexFrom(ended, live.replaced)] : undefined;
    if (ending?.dot === live.replaced && slice.replace(ending, entry, listener)) continue;
    const shadowed = slice.add(entry, listener);
    if (shadowed !== undefined && !slice.seen.has(shadowed.dot)) listener.appearedAndVanished?.(shadowed);
  }
  for (const entry of ended) slice.remove(entry, listener);
  for (const pair of fragment.leaves) if (!slice.seen.has(pair.leave)) slice.log.add(pair);
  slice.seen.addAll(fragment.seen);
}

/** The live dots of the slice that the fragment has seen and does not list as live, in rising order. */
function endedBy(slice: Slice, { seen, live }: Fragment): LiveEntry[] {
  const ended: LiveEntry[] = [];
  for (const entry of slice.liveWithin(seen)) if (!includesDot(live, entry.dot)) ended.push(entry);
  return ended.sort((one, other) => one.dot - other.dot);
}

function includesDot(rising: readonly LiveDot[], dot: number): boolean {
  return rising[indexFrom(rising, dot)]?.dot === dot;
}

/** The index of the first entry with this dot or a higher one. */
function indexFrom(rising: readonly { readonly dot: number }[], dot: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]!.dot < dot) low = middle + 1;
    else high = middle;
  }
  return low;
}
