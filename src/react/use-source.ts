import { useCallback, useSyncExternalStore } from "react";
import type { Source } from "./source.ts";

/**
 * What `read` makes of a source's snapshot. The component renders anew when that is another value than before: `read` is to give
 * the same for the same snapshot.
 */
export function useSource<Snapshot, Value>(
  source: Source<Snapshot>,
  read: (snapshot: Snapshot) => Value,
  unknown: Snapshot,
): Value {
  // React subscribes again whenever this is another function.
  const subscribe = useCallback((listener: () => void) => source.subscribe(listener), [source]);
  return useSyncExternalStore(
    subscribe,
    () => read(source.getSnapshot()),
    // By no means what the source has by now: a page that takes over what a server rendered has to begin with the same.
    () => read(source.getServerSnapshot ? source.getServerSnapshot() : unknown),
  );
}
