import { ChangeListeners } from "./change-listeners.ts";
import { Feed, type FeedMessage, type FeedOptions, type PresenceChannel } from "./feed.ts";
import { type CountDiff, type CountState, syncCounts } from "./sync-counts.ts";

/**
 * Options of `createCountStore`.
 *
 * @example
 * const options: CountStoreOptions = { onBelowZero: () => socket.close() };
 */
export interface CountStoreOptions<K extends string = string> extends FeedOptions {
  /**
   * Hears of counts that would have fallen below zero: a message was missed. Get a new state from the server, as by connecting anew.
   *
   * @defaultValue nobody hears of it
   */
  readonly onBelowZero?: (keys: K[]) => void;
}

/**
 * Counts as a store. Its functions need no `this`.
 *
 * @example
 * const counts = useSyncExternalStore(store.subscribe, store.getSnapshot);
 */
export interface CountStore<K extends string = string> {
  /** Adds a listener that hears of each state and diff. Returns what removes it. */
  readonly subscribe: (listener: () => void) => () => void;
  /** The counts now: the same object until they change, `undefined` before the first state. */
  readonly getSnapshot: () => CountState<K> | undefined;
  /** Takes a message or its JSON text, as `PresenceClient.receive` does. */
  readonly receive: (message: FeedMessage | string) => boolean;
}

/**
 * Makes a store of the counts of one topic, where the server's projection is `countOnly`. A diff that comes before its state is
 * dropped, as the state contains it.
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
  const feed = new Feed(
    channel,
    options,
    (state: CountState<K>) => {
      counts = Object.assign(Object.create(null), state);
      listeners.call();
    },
    (diff: CountDiff<K>, isPending) => {
      if (isPending) return;
      const below: K[] = [];
      counts = syncCounts(counts, diff, (keys) => below.push(...keys));
      listeners.call();
      if (below.length) options.onBelowZero?.(below);
    },
  );
  return {
    subscribe: (listener) => listeners.add(listener),
    getSnapshot: () => counts,
    receive: (message) => feed.receive(message),
  };
}
