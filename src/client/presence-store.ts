import type { FeedMessage, FeedOptions, PresenceChannel } from "./feed.ts";
import { PresenceClient } from "./presence-client.ts";
import type { BaseEntry, PresenceEntry, PresenceState } from "./presence-state.ts";

/**
 * Presences as a store. Its functions need no `this`.
 *
 * @example
 * const state = useSyncExternalStore(store.subscribe, store.getSnapshot);
 */
export interface PresenceStore<E extends BaseEntry = PresenceEntry> {
  /** Adds a listener that hears of each state and diff. Returns what removes it. */
  readonly subscribe: (listener: () => void) => () => void;
  /** The presences now: the same object until they change. Made when it is read. */
  readonly getSnapshot: () => PresenceState<E>;
  /** Takes a message or its JSON text, as `PresenceClient.receive` does. */
  readonly receive: (message: FeedMessage | string) => boolean;
  /** The client inside, for `onJoin`, `onLeave`, `list`, `inPendingSyncState`. */
  readonly client: PresenceClient<E>;
}

/**
 * Makes a store of the presences of one topic, fed by a channel or by `receive`, for `useSyncExternalStore` and all that has a
 * subscription and a snapshot.
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
  };
}
