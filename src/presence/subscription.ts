import type { Owner } from "../tracker/owners/owner.ts";
import type { FeedSubscription } from "./topic-feed.ts";

/**
 * A subscription to a topic, as `presence.subscribe` returns it. Each method can be called any number of times, and does nothing once
 * the subscription has ended.
 *
 * @example
 * const friends = presence.subscribe("users", listener, { owner: socket, keys: ["u3", "u9"] });
 * friends.addKeys("u17");
 */
export interface Subscription extends Disposable {
  /** Whether it has ended: by `unsubscribe`, with its owner or signal, or because the presence was closed. */
  readonly ended: boolean;

  /** Ends the subscription: the listener is not called again. */
  unsubscribe(): void;

  /**
   * Watches these keys too. The listener gets the presences that they have as joins of one diff, without `phx_ref_prev`. Before the
   * first state they only change that state.
   *
   * @throws {InvalidArgumentError} for a key of the wrong kind, a key that is not counted where readers see counts, and a subscription without
   * `keys`, which has all of them; it is a `TypeError`.
   */
  addKeys(...keys: readonly (string | number)[]): void;

  /**
   * Does not watch these keys any more. The listener gets what it had of them as leaves of one diff.
   *
   * @throws {InvalidArgumentError} for a key of the wrong kind, and a subscription without `keys`; it is a `TypeError`.
   */
  removeKeys(...keys: readonly (string | number)[]): void;

  /** Stops the messages until `resume`, for a reader that is too slow. */
  pause(): void;

  /** Goes on after `pause`. If something has changed, one message brings the listener up to date: a diff, or a state if too much has changed. */
  resume(): void;
}

interface TopicSubscriptionOptions {
  /** Whatever ends the subscription. */
  readonly owners: readonly Owner[];
  /** Calls a listener when an owner ends. Returns how to undo that, or `undefined` if it has ended already. */
  readonly onEnd: (owner: Owner, listener: () => void) => (() => void) | undefined;
  /** Subscribes to the feed. `onEnd` is called once when that has ended. */
  readonly subscribe: (onEnd: () => void) => FeedSubscription;
  /** @throws {InvalidArgumentError} unless keys can be added to and removed from the subscription. */
  readonly admitKeys: (keys: readonly (string | number)[]) => readonly string[];
  /** Called once when the subscription has ended. */
  readonly ended?: () => void;
}

/** A subscription that ends with the first of its owners. */
export class TopicSubscription implements Subscription {
  readonly #admitKeys: TopicSubscriptionOptions["admitKeys"];
  readonly #ended: TopicSubscriptionOptions["ended"];
  #feed: FeedSubscription | undefined = undefined;
  #unwatchers: (() => void)[] = [];
  #hasEnded = false;

  constructor({ owners, onEnd, subscribe, admitKeys, ended }: TopicSubscriptionOptions) {
    this.#admitKeys = admitKeys;
    this.#ended = ended;
    for (const owner of owners) {
      const unwatch = onEnd(owner, () => this.unsubscribe());
      if (unwatch === undefined) {
        this.#end();
        return;
      }
      this.#unwatchers.push(unwatch);
    }
    this.#feed = subscribe(() => this.#end());
  }

  get ended(): boolean {
    return this.#hasEnded;
  }

  unsubscribe(): void {
    this.#feed?.unsubscribe();
  }

  addKeys(...keys: readonly (string | number)[]): void {
    if (!this.#hasEnded) this.#feed?.editKeys(this.#admitKeys(keys), true);
  }

  removeKeys(...keys: readonly (string | number)[]): void {
    if (!this.#hasEnded) this.#feed?.editKeys(this.#admitKeys(keys), false);
  }

  pause(): void {
    this.#feed?.pause();
  }

  resume(): void {
    this.#feed?.resume();
  }

  /** Pauses, for a reader that has dropped messages: it gets a state when it resumes. */
  dropMessages(): void {
    this.#feed?.pause({ isOutdated: true });
  }

  [Symbol.dispose](): void {
    this.unsubscribe();
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#feed = undefined;
    for (const unwatch of this.#unwatchers) unwatch();
    this.#unwatchers = [];
    this.#ended?.();
  }
}
