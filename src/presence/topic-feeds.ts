import type { OrderedEmitter } from "../emitter/ordered-emitter.ts";
import { TurnShare } from "../time/turn-share.ts";
import type { TopicChange } from "./net-change.ts";
import type { PresenceEvents } from "./presence-events.ts";
import type { ProjectedChange } from "./presence-message.ts";
import type { Projector } from "./projector.ts";
import type { ResolvedPresenceOptions } from "./resolve-presence-options.ts";
import type { ResolvedSubscribeOptions } from "./subscribe-options.ts";
import type { Subscriber } from "./subscriber.ts";
import { type FeedSubscription, TopicFeed } from "./topic-feed.ts";

interface TopicFeedsOptions<S extends object, P extends object> {
  readonly options: FeedOptions;
  readonly emitter: OrderedEmitter<PresenceEvents<P>>;
  readonly projector: Projector<S, P>;
}

type FeedOptions = Pick<ResolvedPresenceOptions<object, object>, "clock" | "diffWindowMs">;

/** The feeds of a presence, whatever they carry. */
export type Feeds<P extends object> = Pick<TopicFeeds<object, P>, "subscribe" | "dropIdle" | "close">;

/** A feed, and the window that its subscribers asked for. */
interface WindowedFeed<S extends object, P extends object> {
  readonly windowMs: number;
  readonly feed: TopicFeed<S, P>;
}

/**
 * The feeds of all topics that have subscribers, or of every topic that changes while `diff` has listeners. All subscribers of
 * a topic that ask for the same window share a feed. The listeners of `diff` share the one without a window.
 */
export class TopicFeeds<S extends object, P extends object> {
  readonly #options: FeedOptions;
  readonly #emitter: OrderedEmitter<PresenceEvents<P>>;
  readonly #projector: Projector<S, P>;
  /** By topic. Each list is replaced, and never changed. */
  readonly #feeds = new Map<string, readonly WindowedFeed<S, P>[]>();
  /** The changes that a synchronous projection made from the current diff: one event for all topics. */
  #pendingChanges = new Map<string, ProjectedChange<P>>();
  readonly #turnShare: TurnShare;
  #isHandlingDiff = false;

  constructor({ options, emitter, projector }: TopicFeedsOptions<S, P>) {
    this.#options = options;
    this.#emitter = emitter;
    this.#projector = projector;
    this.#turnShare = new TurnShare(options);
  }

  /** Without `keys` the subscription is to the whole topic. */
  subscribe(
    topic: string,
    listener: Subscriber<S, P>["listener"],
    { diffWindowMs, keys }: Pick<ResolvedSubscribeOptions, "diffWindowMs" | "keys">,
    onEnd: () => void,
  ): FeedSubscription {
    return this.#feedOf(topic, diffWindowMs).subscribe(listener, keys, onEnd);
  }

  /** Whether `onDiff` does anything with changes of this topic. */
  hasReaders(topic: string): boolean {
    return this.#feeds.has(topic) || this.#emitter.hasListeners("diff");
  }

  /** Passes the changes of the tracker, by topic, to the feeds of these topics. */
  onDiff(diff: ReadonlyMap<string, TopicChange<S>>): void {
    this.#isHandlingDiff = true;
    for (const [topic, change] of diff) {
      if (this.#emitter.hasListeners("diff")) this.#feedOf(topic, 0);
      for (const { feed } of this.#feeds.get(topic) ?? []) feed.change(change);
    }
    this.#isHandlingDiff = false;
    this.#queueDiff();
  }

  /** Closes the feeds that nothing listens to any more. */
  dropIdle(): void {
    for (const feeds of this.#feeds.values()) for (const { feed } of feeds) feed.dropIfIdle();
  }

  close(): void {
    for (const feeds of this.#feeds.values()) for (const { feed } of feeds) feed.close();
  }

  #feedOf(topic: string, windowMs: number): TopicFeed<S, P> {
    const feeds = this.#feeds.get(topic) ?? [];
    const existing = feeds.find((known) => known.windowMs === windowMs);
    if (existing !== undefined) return existing.feed;
    const { clock, diffWindowMs: collectMs } = this.#options;
    const isOfDiffListeners = windowMs === 0;
    const projector = this.#projector;
    const feed = new TopicFeed<S, P>({
      topic,
      clock,
      collectMs,
      windowMs,
      view: {
        isPerKeySet: projector.isPerKeySet,
        read: (keys) => projector.read(topic, keys),
        readJoins: (keys) => projector.readJoins(topic, keys),
        pick: (state, keys) => projector.pick(state, keys),
        createNetChange: () => projector.createNetChange(),
      },
      hasQueuedDiff: () => this.#emitter.isQueued("diff"),
      hasDiffListeners: () => isOfDiffListeners && this.#emitter.hasListeners("diff"),
      project: (inputs, settle, keys) => projector.project(topic, inputs, settle, keys),
      enqueue: (run) => this.#emitter.enqueueNextCall(run),
      call: (listener, message, onFailure) => this.#emitter.callWith(listener, onFailure, message),
      announce: (change) => {
        if (isOfDiffListeners) this.#announce(topic, change);
      },
      fail: (error) => this.#emitter.enqueueNext("error", () => [error]),
      inTurn: (task) => this.#turnShare.run(task),
      flush: () => this.#emitter.flush(),
      drop: () => this.#drop(topic, feed),
    });
    this.#feeds.set(topic, [...feeds, { windowMs, feed }]);
    return feed;
  }

  #drop(topic: string, feed: TopicFeed<S, P>): void {
    const others = this.#feeds.get(topic)?.filter((known) => known.feed !== feed) ?? [];
    if (others.length > 0) this.#feeds.set(topic, others);
    else this.#feeds.delete(topic);
  }

  #announce(topic: string, change: ProjectedChange<P>): void {
    if (this.#pendingChanges.has(topic)) this.#queueDiff();
    this.#pendingChanges.set(topic, change);
    if (!this.#isHandlingDiff) this.#queueDiff();
  }

  #queueDiff(): void {
    const changes = this.#pendingChanges;
    if (changes.size === 0) return;
    this.#pendingChanges = new Map();
    this.#emitter.enqueueNext("diff", () => [changes]);
  }
}
