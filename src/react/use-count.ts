import type { BaseEntry, PresenceState } from "../client/presence-state.ts";
import type { CountState } from "../client/sync-counts.ts";
import { type Source, useSource } from "./use-source.ts";

/**
 * The number of presences under a key, as `count(topic, key)` returns it on the server. It reads the count from a
 * count store, and counts the metas of the key in a presence store. It is `undefined` while the count is unknown:
 * before the first state of a count store, and in server rendering. The component renders again only when the
 * number changes.
 *
 * @example
 * const readers = useCount(counts, "readers");
 * return <p>{readers ?? "…"} reading now</p>;
 */
export function useCount<K extends string>(
  source: Source<CountState<K> | PresenceState<BaseEntry> | undefined>,
  key: NoInfer<K>,
): number | undefined {
  return useSource<Snapshot, number | undefined>(source, (snapshot) => countOf(snapshot, key), undefined);
}

type Snapshot = CountState | PresenceState<BaseEntry> | undefined;

function countOf(snapshot: Snapshot, key: string): number | undefined {
  if (!snapshot) return undefined;
  if (!Object.hasOwn(snapshot, key)) return 0;
  const entry = snapshot[key]!;
  return "metas" in entry ? entry.metas.length : entry.count;
}
