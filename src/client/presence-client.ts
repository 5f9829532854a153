import { ChangeListeners } from "./change-listeners.ts";
import { Feed, type FeedMessage, type FeedOptions, type PresenceChannel } from "./feed.ts";
import { list } from "./list.ts";
import { type DeferredCall, PresenceIndex } from "./presence-index.ts";
import type {
  BaseEntry,
  OnJoin,
  OnLeave,
  PresenceDiff,
  PresenceEntry,
  PresenceState,
} from "./presence-state.ts";

/**
 * Keeps the presences of one topic, from a channel or from messages: takes the place of the `Presence` class of the `phoenix`
 * package. A diff that comes before its state waits for it. Costs what changed; a plain state is made only when one is read.
 *
 * All of a message is in place before callbacks hear of it. When one throws, the error reaches whoever brought the message, and
 * the callbacks after it are not called for this one.
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
  #waiting: PresenceDiff<E>[] = [];
  #onJoin: OnJoin<E> | undefined;
  #onLeave: OnLeave<E> | undefined;
  #onSync: (() => void) | undefined;

  constructor(channel?: PresenceChannel, options: FeedOptions = {}) {
    this.#feed = new Feed(
      channel,
      options,
      (state: PresenceState<E>) => this.#take(this.#waiting.splice(0), state),
      (diff: PresenceDiff<E>, isPending) => {
        if (isPending) this.#waiting.push(diff);
        else this.#take([diff]);
      },
    );
  }

  /** The presences as a plain object that never changes: the same one until they do, with the same entries where they did not. */
  get state(): PresenceState<E> {
    return this.#presences.state;
  }

  /** Sets who hears that a key joined, in place of who did before. */
  onJoin(callback: OnJoin<E>): void {
    this.#onJoin = callback;
  }

  /** Sets who hears that a key left, in place of who did before. */
  onLeave(callback: OnLeave<E>): void {
    this.#onLeave = callback;
  }

  /** Sets who hears that a state or a diff was taken in, in place of who did before. */
  onSync(callback: () => void): void {
    this.#onSync = callback;
  }

  /**
   * Adds a listener that hears what `onSync` hears, after it. Returns what removes it.
   *
   * @example
   * const stop = client.subscribe(() => console.log(client.state));
   */
  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * The entries as a list, or what `by` makes of each.
   *
   * @example
   * client.list((key, { metas }) => ({ key, devices: metas.length }));
   */
  list(): E[];
  list<T>(by?: (key: string, entry: E) => T): T[];
  list<T>(by?: (key: string, entry: E) => T): T[] {
    return list(this.state, by);
  }

  /** Whether the state of this connection has yet to come: diffs wait for it until then. */
  inPendingSyncState(): boolean {
    return this.#feed.isPending();
  }

  /**
   * Takes a message of a WebSocket or of server-sent events, or its JSON text. Returns `false`, and does nothing, for one that is
   * neither a state nor a diff.
   *
   * @throws {SyntaxError} for text that is not JSON.
   * @throws {InvalidArgumentError} for a state or a diff without its parts. Nothing is changed. Entries are not looked into.
   *
   * @example
   * new EventSource("/presence").onmessage = ({ data }) => client.receive(data);
   */
  receive(message: FeedMessage | string): boolean {
    return this.#feed.receive(message);
  }

  #take(diffs: readonly PresenceDiff<E>[], state?: PresenceState<E>): void {
    const callbacks = { onJoin: this.#onJoin, onLeave: this.#onLeave };
    const onSync = this.#onSync;
    const calls: DeferredCall[] = [];
    try {
      if (state) this.#presences.applyState(state, callbacks, calls);
      for (const diff of diffs) this.#presences.applyDiff(diff, callbacks, calls);
      for (const call of calls) call();
      onSync?.();
    } finally {
      this.#listeners.call();
    }
  }
}
