import type { BaseEntry, PresenceState } from "../client/presence-state.ts";
import type { CountState } from "../client/sync-counts.ts";
import type { Source } from "./source.ts";
import { useSource } from "./use-source.ts";

/**
 * How many are here under a key, as the server's `count(topic, key)` says it: the number that a count store has, or that of the key's
 * metas in a presence store. `undefined` while no count is known, which is before the first state of a count store, and
 * where a server renders. The component renders anew when the number changes, whatever else does.
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
  const found = snapshot[key]!;
  return "metas" in found ? found.metas.length : found.count;
}
