import { ChangeListeners } from "./change-listeners.ts";
import { Feed, type FeedMessage, type FeedOptions, type PresenceChannel } from "./feed.ts";
import { copyJson } from "./json-copy.ts";
import { type DeferredCall, PresenceIndex } from "./presence-index.ts";
import {
  type BaseEntry,
  list,
  type OnJoin,
  type OnLeave,
  type PresenceDiff,
  type PresenceEntry,
  type PresenceState,
} from "./presence-state.ts";

/**
 * Keeps the presences of one topic, fed by a channel or by messages. It replaces the `Presence` class of the
 * `phoenix` package. A diff that arrives before its state waits for it. The cost of a message depends only on what
 * changes; a plain state object is created only when you read it.
 *
 * When the channel is joined again, the presences stay until the state of the new join arrives. Diffs of an earlier
 * join are never applied to it.
 *
 * A message is fully applied before the callbacks run. If a callback throws, the caller of `receive` or the channel
 * gets the error, and the remaining callbacks are not called for this message.
 *
 * @example
 * const client = new PresenceClient();
 * client.onSync(() => render(client.list((key) => key)));
 * socket.addEventListener("message", ({ data }) => client.receive(data));
 */
export class PresenceClient<E extends BaseEntry = PresenceEntry> {
  readonly #presences = new PresenceIndex<E>();
  readonly #feed: Feed;
  readonly #listeners = new ChangeListeners();
  #pendingDiffs: PresenceDiff<E>[] = [];
  #onJoin: OnJoin<E> | undefined;
  #onLeave: OnLeave<E> | undefined;
  #onSync: (() => void) | undefined;

  constructor(channel?: PresenceChannel, options: FeedOptions = {}) {
    this.#feed = new Feed(channel, options, {
      onState: (state: PresenceState<E>) => this.#apply(this.#pendingDiffs.splice(0), state),
      onDiff: (diff: PresenceDiff<E>, isPending) => {
        if (isPending) this.#pendingDiffs.push(copyJson(diff));
        else this.#apply([diff]);
      },
      // Those diffs belong to a state that will not arrive. The official client applies them to the next state.
      onNewJoin: () => void this.#pendingDiffs.splice(0),
    });
  }

  /**
   * The presences as a plain object that never changes. Read a key that you did not choose with `Object.hasOwn`. It is the same object until a presence changes, and then
   * shares the unchanged entries.
   */
  get state(): PresenceState<E> {
    return this.#presences.state;
  }

  /** Calls `callback` for each key that joined. Replaces the previous join callback. */
  onJoin(callback: OnJoin<E>): void {
    this.#onJoin = callback;
  }

  /** Calls `callback` for each key that left. Replaces the previous leave callback. */
  onLeave(callback: OnLeave<E>): void {
    this.#onLeave = callback;
  }

  /** Calls `callback` after each applied state or diff. Replaces the previous sync callback. */
  onSync(callback: () => void): void {
    this.#onSync = callback;
  }

  /**
   * Calls `listener` after each applied state or diff, after the sync callback. Returns a function that removes the
   * listener.
   *
   * @example
   * const stop = client.subscribe(() => console.log(client.state));
   */
  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * The entries as a list, or the result of `by` for each of them.
   *
   * @example
   * client.list((key, { metas }) => ({ key, devices: metas.length }));
   */
  list(): E[];
  list<T>(by?: (key: string, entry: E) => T): T[];
  list<T>(by?: (key: string, entry: E) => T): T[] {
    return list(this.state, by);
  }

  /** Whether the state of this connection has not arrived yet. Until then, diffs wait for it. */
  inPendingSyncState(): boolean {
    return this.#feed.isPending();
  }

  /**
   * Applies a message from a WebSocket or from server-sent events, or its JSON text. Returns `false`, and does
   * nothing, for a message that is neither a state nor a diff.
   *
   * @throws {SyntaxError} for text that is not JSON.
   * @throws {InvalidArgumentError} for a malformed state or diff, which changes nothing. It does not check the
   * entries.
   *
   * @example
   * new EventSource("/presence").onmessage = ({ data }) => client.receive(data);
   */
  receive(message: FeedMessage | string): boolean {
    return this.#feed.receive(message);
  }

  /**
   * Removes the listeners of the client from its channel, and the listeners of `subscribe` from the client. No callback
   * runs afterwards, `receive` returns `false`, and `state` and `list` give the last presences. Further calls do nothing.
   *
   * @example
   * client.destroy();
   */
  destroy(): void {
    this.#feed.destroy();
    this.#listeners.close();
    this.#pendingDiffs = [];
  }

  #apply(diffs: readonly PresenceDiff<E>[], state?: PresenceState<E>): void {
    const callbacks = { onJoin: this.#onJoin, onLeave: this.#onLeave };
    const onSync = this.#onSync;
    const calls: DeferredCall[] = [];
    try {
      if (state) this.#presences.applyState(state, callbacks, calls);
      for (const diff of diffs) this.#presences.applyDiff(diff, callbacks, calls);
      if (onSync) calls.push(onSync);
      for (const call of calls) if (!this.#listeners.isClosed) call();
    } finally {
      this.#listeners.call();
    }
  }
}
