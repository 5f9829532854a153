import { useCallback, useSyncExternalStore } from "react";

/**
 * A source that the hooks read: a store of `rollcall/client`, or any other object with `subscribe` and
 * `getSnapshot`. The snapshot must stay the same object until it changes.
 *
 * @example
 * const lobby: Source<PresenceState> = createPresenceStore();
 */
export interface Source<Snapshot> {
  /** Calls `listener` after each change. Returns a function that removes the listener. */
  subscribe(listener: () => void): () => void;
  /** Returns the current value. */
  getSnapshot(): Snapshot;
  /**
   * Returns the value that a server renders, and that a browser renders while it hydrates. It must be equal on both
   * sides, so send it to the browser along with the HTML.
   *
   * @defaultValue no presences, and no counts
   */
  getServerSnapshot?(): Snapshot;
}

/**
 * The result of `read` for the snapshot of a source. The component renders again when that result is another value,
 * so `read` must return the same value for the same snapshot. Without `getServerSnapshot`, servers render
 * `serverSnapshot`.
 */
export function useSource<Snapshot, Value>(
  source: Source<Snapshot>,
  read: (snapshot: Snapshot) => Value,
  serverSnapshot: Snapshot,
): Value {
  // React subscribes again whenever this function changes.
  const subscribe = useCallback((listener: () => void) => source.subscribe(listener), [source]);
  return useSyncExternalStore(
    subscribe,
    () => read(source.getSnapshot()),
    // Never the current snapshot: hydration must start with what the server rendered.
    () => read(source.getServerSnapshot ? source.getServerSnapshot() : serverSnapshot),
  );
}
