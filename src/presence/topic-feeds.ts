import type { OrderedEmitter } from "../emitter/ordered-emitter.ts";
import type { Diff } from "../payload.ts";
import type { TrackerCore } from "../tracker/tracker-core.ts";
import type { Subscriber } from "./feed-batch.ts";
import type { Fetcher } from "./fetcher.ts";
import { groupByKey } from "./group-by-key.ts";
import type { PresenceEvents } from "./presence-events.ts";
import type { PresenceMessage, ProjectedChange } from "./presence-message.ts";
import type { ResolvedPresenceOptions } from "./resolve-presence-options.ts";
import { TopicFeed } from "./topic-feed.ts";

interface TopicFeedsOptions<M extends object, P extends object> {
  readonly options: ResolvedPresenceOptions<M, P>;
  readonly core: TrackerCore<M>;
  readonly emitter: OrderedEmitter<PresenceEvents<P>>;
  readonly fetcher: Fetcher<M, P>;
}

/** The feeds of all topics that have subscribers, or of every topic that changes while `diff` has listeners. */
export class TopicFeeds<M extends object, P extends object> {
  readonly #options: ResolvedPresenceOptions<M, P>;
  readonly #core: TrackerCore<M>;
  readonly #emitter: OrderedEmitter<PresenceEvents<P>>;
  readonly #fetcher: Fetcher<M, P>;
  readonly #feeds = new Map<string, TopicFeed<M, P>>();
  /** The changes that a synchronous `fetch` projected from the current diff: one event for all topics. */
  #pendingChanges = new Map<string, ProjectedChange<P>>();
  #isHandlingDiff = false;

  constructor({ options, core, emitter, fetcher }: TopicFeedsOptions<M, P>) {
    this.#options = options;
    this.#core = core;
    this.#emitter = emitter;
    this.#fetcher = fetcher;
  }

  subscribe(topic: string, listener: Subscriber<P>["listener"]): () => void {
    return this.#feedOf(topic).subscribe(listener);
  }

  /** Passes a diff of the tracker to the feeds of its topics. */
  onDiff(diff: Diff<M>): void {
    this.#isHandlingDiff = true;
    for (const [topic, change] of diff) {
      const feed = this.#emitter.hasListeners("diff") ? this.#feedOf(topic) : this.#feeds.get(topic);
      feed?.change(change);
    }
    this.#isHandlingDiff = false;
    this.#queueDiff();
  }

  /** Closes the feeds that nothing listens to any more. */
  dropIdle(): void {
    for (const feed of this.#feeds.values()) feed.dropIfIdle();
  }

  close(): void {
    for (const feed of this.#feeds.values()) feed.close();
  }

  #feedOf(topic: string): TopicFeed<M, P> {
    const existing = this.#feeds.get(topic);
    if (existing !== undefined) return existing;
    const { clock, diffWindowMs } = this.#options;
    const feed = new TopicFeed<M, P>({
      clock,
      diffWindowMs,
      read: () => groupByKey(this.#core.list(topic)),
      hasQueuedDiff: () => this.#emitter.isQueued("diff"),
      hasDiffListeners: () => this.#emitter.hasListeners("diff"),
      project: (inputs, settle) => this.#fetcher.fetchAll(topic, inputs, settle),
      deliver: (subscribers, message) => this.#deliver(subscribers, message),
      announce: (change) => this.#announce(topic, change),
      fail: (error) => this.#emitter.enqueueNext("error", () => [error]),
      flush: () => this.#emitter.flush(),
      drop: () => {
        if (this.#feeds.get(topic) === feed) this.#feeds.delete(topic);
      },
    });
    this.#feeds.set(topic, feed);
    return feed;
  }

  #deliver(subscribers: readonly Subscriber<P>[], message: PresenceMessage<P>): void {
    this.#emitter.enqueueNextCall(() => {
      for (const { listener, isGone } of subscribers)
        if (!isGone) this.#emitter.callListener(listener, message);
    });
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
