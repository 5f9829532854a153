import type { FeedMessage, FeedOptions, PresenceChannel } from "./feed.ts";
import { PresenceClient } from "./presence-client.ts";
import type { BaseEntry, PresenceEntry, PresenceState } from "./presence-state.ts";

/**
 * A store of presences. Its functions work without `this`.
 *
 * @example
 * const state = useSyncExternalStore(store.subscribe, store.getSnapshot);
 */
export interface PresenceStore<E extends BaseEntry = PresenceEntry> {
  /** Calls `listener` after each state and diff. Returns a function that removes the listener. */
  readonly subscribe: (listener: () => void) => () => void;
  /** The current presences: the same object until they change. It is created when you read it. */
  readonly getSnapshot: () => PresenceState<E>;
  /** Applies a message or its JSON text, as `PresenceClient.receive` does. */
  readonly receive: (message: FeedMessage | string) => boolean;
  /**
   * Removes the store from its channel, and its listeners from the store. The snapshot stays as it is. Further calls do
   * nothing. A store that lives as long as its channel does not need it.
   */
  readonly destroy: () => void;
  /** The client of the store, for `onJoin`, `onLeave`, `list` and `inPendingSyncState`. */
  readonly client: PresenceClient<E>;
}

/**
 * Creates a store of the presences of one topic, fed by a channel or by `receive`. It fits `useSyncExternalStore`
 * and other libraries that take a subscribe function and a snapshot.
 *
 * @example
 * const store = createPresenceStore();
 * socket.addEventListener("message", ({ data }) => store.receive(data));
 * const stop = store.subscribe(() => render(store.getSnapshot()));
 */
export function createPresenceStore<E extends BaseEntry = PresenceEntry>(
  channel?: PresenceChannel,
  options?: FeedOptions,
): PresenceStore<E> {
  const client = new PresenceClient<E>(channel, options);
  return {
    client,
    subscribe: (listener) => client.subscribe(listener),
    getSnapshot: () => client.state,
    receive: (message) => client.receive(message),
    destroy: () => client.destroy(),
  };
}
