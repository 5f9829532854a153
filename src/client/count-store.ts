import { ChangeListeners } from "./change-listeners.ts";
import { Feed, type FeedMessage, type FeedOptions, type PresenceChannel } from "./feed.ts";
import { copyJson } from "./json-copy.ts";
import { type CountDiff, type CountState, syncCounts } from "./sync-counts.ts";

/**
 * Options of `createCountStore`.
 *
 * @example
 * const options: CountStoreOptions = { onBelowZero: () => socket.close() };
 */
export interface CountStoreOptions<K extends string = string> extends FeedOptions {
  /**
   * Called with the keys whose counts would have fallen below zero, which means that the client missed a message.
   * Request a new state from the server, for example by reconnecting.
   *
   * @defaultValue no call
   */
  readonly onBelowZero?: (keys: K[]) => void;
}

/**
 * A store of counts. Its functions work without `this`.
 *
 * @example
 * const counts = useSyncExternalStore(store.subscribe, store.getSnapshot);
 */
export interface CountStore<K extends string = string> {
  /** Calls `listener` after each state and diff. Returns a function that removes the listener. */
  readonly subscribe: (listener: () => void) => () => void;
  /** The current counts: the same object until they change, and `undefined` before the first state. */
  readonly getSnapshot: () => CountState<K> | undefined;
  /** Applies a message or its JSON text, as `PresenceClient.receive` does. */
  readonly receive: (message: FeedMessage | string) => boolean;
  /** Removes the store from its channel, and its listeners from the store, as `PresenceStore.destroy` does. */
  readonly destroy: () => void;
}

/**
 * Creates a store of the counts of one topic, for servers with the projection `countOnly`. A diff that arrives
 * before its state is dropped, because the state contains it.
 *
 * @example
 * const store = createCountStore<"readers">();
 * socket.addEventListener("message", ({ data }) => store.receive(data));
 * store.subscribe(() => show(store.getSnapshot()?.readers.count));
 */
export function createCountStore<K extends string = string>(
  channel?: PresenceChannel,
  options: CountStoreOptions<K> = {},
): CountStore<K> {
  let counts: CountState<K> | undefined;
  const listeners = new ChangeListeners();
  const feed = new Feed(channel, options, {
    onState: (state: CountState<K>) => {
      counts = copyJson(state);
      listeners.call();
    },
    onDiff: (diff: CountDiff<K>, isPending) => {
      if (isPending) return;
      const belowZero: K[] = [];
      counts = syncCounts(counts, diff, (keys) => belowZero.push(...keys));
      listeners.call();
      if (belowZero.length && !listeners.isClosed) options.onBelowZero?.(belowZero);
    },
  });
  return {
    subscribe: (listener) => listeners.add(listener),
    getSnapshot: () => counts,
    receive: (message) => feed.receive(message),
    destroy: () => {
      feed.destroy();
      listeners.close();
    },
  };
}
