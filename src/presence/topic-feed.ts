import { Alarm } from "../time/alarm.ts";
import { Backoff } from "../time/backoff.ts";
import type { Clock } from "../time/clock.ts";
import { Audience, type SharedChange, type SharedState, stateContentOf, type TopicView } from "./audience.ts";
import type { FeedBatch } from "./feed-batch.ts";
import { FeedPace } from "./feed-pace.ts";
import type { FetchResult } from "./fetcher.ts";
import type { NetChange, TopicChange } from "./net-change.ts";
import { diffMessage, type PresenceMessage, type ProjectedChange, stateMessage } from "./presence-message.ts";
import { Subscriber } from "./subscriber.ts";
import { isWithoutEffect } from "./without-effect.ts";

/** When a state is made again after a failure of `fetch` or of a listener. */
const RETRY = { firstMs: 1_000, maxMs: 30_000 };

/** The calls of one subscription. */
export interface FeedSubscription {
  unsubscribe(): void;
  editKeys(keys: readonly string[], isAdded: boolean): void;
  /** With `isOutdated` the subscriber gets a state when it resumes. */
  pause(options?: { readonly isOutdated?: boolean }): void;
  resume(): void;
}

/** Everything around the feed of one topic. */
export interface TopicFeedContext<S extends object, P extends object> {
  readonly topic: string;
  readonly clock: Clock;
  /** How long changes collect into one diff, from the first of them. */
  readonly collectMs: number;
  /** How long the feed rests after a diff or a state, before it makes the next one. */
  readonly windowMs: number;
  /** How the topic is read. */
  readonly view: TopicView<S>;
  /** Whether `view.read` has changes that the feed has not got yet. */
  hasQueuedDiff(): boolean;
  /** Whether the `diff` event has listeners. */
  hasDiffListeners(): boolean;
  /** Projects each input. Calls `settle` once, before it returns if the projection is synchronous. */
  project(
    inputs: readonly S[],
    settle: (result: FetchResult<readonly P[]>) => void,
    keys: readonly string[] | undefined,
  ): void;
  /** Queues a function among the messages. */
  enqueue(run: () => void): void;
  /** Calls a listener. `onFailure` is called if it throws or rejects. */
  call(listener: Subscriber<S, P>["listener"], message: PresenceMessage<P>, onFailure: () => void): void;
  /** Queues a change for the listeners of `diff`. */
  announce(change: ProjectedChange<P>): void;
  /** Queues an error for the listeners of `error`. */
  fail(error: Error): void;
  /** Runs a task at once, or in a later turn if the feeds have taken long in this one. */
  inTurn(task: () => void): void;
  /** Calls the listeners for all that is queued. */
  flush(): void;
  /** Forgets this feed. */
  drop(): void;
}

/**
 * Brings one topic to its subscribers and to the listeners of `diff`, in batches. A batch stands for one moment. It
 * projects the changes since the last batch, for the followers, and the state, for the subscribers without one. The next
 * batch starts when both projections have settled, its pace allows it, and the backoff of a failure has passed. The feed does
 * not know what it carries, presences or counts.
 */
export class TopicFeed<S extends object, P extends object> {
  readonly #context: TopicFeedContext<S, P>;
  readonly #alarm: Alarm;
  readonly #backoff = new Backoff(RETRY);
  readonly #pace: FeedPace;
  readonly #audience: Audience<S, P>;
  /** The subscribers that wait for the state of the next batch. */
  readonly #awaitingState = new Set<Subscriber<S, P>>();
  /** The subscribers whose listeners have failed, with the times of their next states. */
  readonly #failing = new WeakMap<Subscriber<S, P>, Backoff>();
  /** The changes since the last batch. */
  #changes: NetChange<S>;
  #batch: FeedBatch<S, P> | undefined = undefined;
  /** The whole state of the last batch, until the topic changes. */
  #cachedState: PresenceMessage<P> | undefined = undefined;
  #isProjecting = false;
  #isStartScheduled = false;
  #isClosed = false;

  constructor(context: TopicFeedContext<S, P>) {
    this.#context = context;
    this.#audience = new Audience(context.view);
    this.#changes = context.view.createNetChange();
    this.#pace = new FeedPace(context);
    this.#alarm = new Alarm(context.clock, () => this.#runInTurn());
  }

  /** Whether changes of the topic go to anyone. */
  get #isFollowed(): boolean {
    return this.#audience.hasFollowers || this.#batch !== undefined || this.#context.hasDiffListeners();
  }

  /**
   * The listener gets a state soon, but not before this call returns, and then every diff. `onEnd` is called once when the
   * subscription has ended, whatever ended it.
   */
  subscribe(
    listener: Subscriber<S, P>["listener"],
    keys: Iterable<string> | undefined,
    onEnd: () => void,
  ): FeedSubscription {
    const subscriber = new Subscriber<S, P>(listener, keys, onEnd);
    this.#audience.add(subscriber);
    this.#awaitState(subscriber);
    return {
      unsubscribe: () => this.#unsubscribe(subscriber),
      editKeys: (edited, isAdded) => this.#editKeys(subscriber, edited, isAdded),
      pause: ({ isOutdated = false } = {}) => this.#pause(subscriber, isOutdated),
      resume: () => this.#resume(subscriber),
    };
  }

  /**
   * Adds a change of the topic. Without a window its diff is made at once. With one it is made at the end of this turn, so that
   * the leave and the join of a client that joins again are one diff. A leave makes no state yet: the socket that closes may
   * be about to unsubscribe.
   */
  change(change: TopicChange<S>): void {
    const { clock, windowMs } = this.#context;
    const now = clock.now();
    this.#cachedState = undefined;
    if (this.#batch !== undefined) this.#batch.isCurrent = false;
    if (this.#isFollowed) {
      this.#changes.add(change);
      this.#pace.changed(now);
    }
    this.#backoff.hurry(now);
    if (windowMs > 0 && now >= this.#dueAt) this.#scheduleStart();
    else this.#startBatches({ withState: Object.keys(change.joins).length > 0 });
  }

  /**
   * Closes the feed if nothing listens to it any more. A feed with a window rests first: a client that unsubscribes and subscribes
   * again must not get a new feed, and a state, each time.
   */
  dropIfIdle(): void {
    if (this.#size > 0 || this.#isClosed) return;
    if (this.#context.windowMs > 0) this.#closeAfterRest();
    else if (this.#batch === undefined && this.#changes.isEmpty) this.close();
    else if (!this.#context.hasDiffListeners()) this.close();
  }

  #closeAfterRest(): void {
    // A batch that finishes calls this again.
    if (this.#batch !== undefined) return;
    const { restsUntil } = this.#pace;
    if (this.#context.clock.now() < restsUntil) this.#alarm.set(restsUntil, false);
    else this.close();
  }

  /** Ends all subscriptions. Messages that are queued or being projected are not delivered. */
  close(): void {
    const ended = this.#audience.removeAll();
    this.#awaitingState.clear();
    this.#isClosed = true;
    this.#batch = undefined;
    this.#cachedState = undefined;
    this.#alarm.clear();
    this.#context.drop();
    for (const { onEnd } of ended) onEnd();
  }

  get #size(): number {
    return this.#audience.size;
  }

  #unsubscribe(subscriber: Subscriber<S, P>): void {
    if (subscriber.isGone) return;
    this.#audience.remove(subscriber);
    this.#stopAwaiting(subscriber);
    subscriber.onEnd();
    this.dropIfIdle();
  }

  #editKeys(subscriber: Subscriber<S, P>, keys: readonly string[], isAdded: boolean): void {
    if (subscriber.isGone) return;
    this.#audience.editKeys(subscriber, keys, isAdded);
    if (this.#audience.isNeedy) this.#scheduleStart();
  }

  #pause(subscriber: Subscriber<S, P>, isOutdated: boolean): void {
    if (subscriber.isGone || (subscriber.isPaused && !isOutdated)) return;
    this.#audience.pause(subscriber);
    if (subscriber.status !== "awaiting" && !isOutdated) return;
    this.#stopAwaiting(subscriber);
    this.#audience.unfollow(subscriber, "outdated");
  }

  #resume(subscriber: Subscriber<S, P>): void {
    if (subscriber.isGone || !subscriber.isPaused) return;
    this.#audience.resume(subscriber);
    if (subscriber.status === "outdated" && !subscriber.hasFailed) this.#awaitState(subscriber);
    else if (this.#audience.isNeedy) this.#scheduleStart();
  }

  /** Lets a subscriber wait for the next state, or for the one that is being made of what the topic has now. */
  #awaitState(subscriber: Subscriber<S, P>): void {
    const shared = this.#batch?.isCurrent ? this.#batch.states.get(stateContentOf(subscriber)) : undefined;
    const isPending = shared !== undefined && shared.subscribers.size > 0;
    this.#audience.unfollow(subscriber, isPending ? "projecting" : "awaiting");
    (isPending ? shared.subscribers : this.#awaitingState).add(subscriber);
    this.#scheduleStart();
  }

  #stopAwaiting(subscriber: Subscriber<S, P>): void {
    this.#awaitingState.delete(subscriber);
    for (const { subscribers } of this.#batch?.states.values() ?? []) subscribers.delete(subscriber);
  }

  /** Starts in a microtask, so that `subscribe` returns before it calls the listener. */
  #scheduleStart(): void {
    if (this.#isStartScheduled) return;
    this.#isStartScheduled = true;
    queueMicrotask(() => {
      this.#isStartScheduled = false;
      this.#runInTurn();
    });
  }

  /**
   * A client may join a hundred large topics with one packet, and their windows end at the same time. All their states in one turn
   * would keep the others waiting.
   */
  #runInTurn(): void {
    if (this.#context.windowMs > 0) this.#context.inTurn(() => this.#run());
    else this.#run();
  }

  /** Starts what is due, and calls the listeners. */
  #run(): void {
    this.#startBatches();
    this.#flush();
  }

  #flush(): void {
    this.#context.flush();
    this.#pace.sent(this.#context.clock.now());
  }

  /** Starts batches while any is due. */
  #startBatches({ withState = true }: { readonly withState?: boolean } = {}): void {
    // A batch that finishes calls this again.
    while (this.#batch === undefined && !this.#isClosed) {
      if (this.#cachedState !== undefined) this.#sendCachedState(this.#cachedState);
      if (this.#context.clock.now() < this.#dueAt) {
        this.#alarm.set(this.#dueAt, false);
        return;
      }
      this.#pace.collected();
      if (!this.#startBatch(withState)) {
        this.dropIfIdle();
        return;
      }
    }
  }

  /** When the next batch is due. */
  get #dueAt(): number {
    return Math.max(this.#hasDiff ? this.#pace.diffAt : this.#pace.stateAt, this.#backoff.nextAt);
  }

  /** Whether there are changes that a reader still has to get. */
  get #hasDiff(): boolean {
    if (this.#audience.isNeedy) return true;
    return !this.#changes.isEmpty && (this.#audience.hasFollowers || this.#context.hasDiffListeners());
  }

  /** Starts a batch, and finishes it if the projection is synchronous. Returns whether there was anything to project. */
  #startBatch(withState: boolean): boolean {
    // The queued diffs come in this same turn. What is read must not include them before they come.
    const canRead = !this.#context.hasQueuedDiff();
    const needsState = withState && this.#awaitingState.size > 0 && canRead;
    if (this.#awaitingState.size > 0 && !needsState) this.#scheduleStart();
    const hasDiff = this.#hasDiff && (canRead || !this.#audience.isNeedy);
    if (this.#hasDiff && !hasDiff) this.#scheduleStart();
    if (!hasDiff && !needsState) return false;
    const isAnnounced = this.#context.hasDiffListeners();
    const diffs = hasDiff ? this.#audience.share(this.#changes, isAnnounced && !this.#changes.isEmpty) : [];
    const states = this.#audience.groupByState(needsState ? this.#awaitingState : []);
    const batch: FeedBatch<S, P> = {
      changes: this.#changes,
      diffs,
      states,
      isCurrent: true,
      pendingProjections: diffs.length + states.size,
      hasDiffFailed: false,
      error: undefined,
    };
    this.#batch = batch;
    this.#changes = this.#context.view.createNetChange();
    if (needsState) this.#awaitingState.clear();
    const inputs = Array.from(states.values(), (shared) => {
      for (const subscriber of shared.subscribers) this.#audience.unfollow(subscriber, "projecting");
      return [shared, this.#context.view.read(shared.keys)] as const;
    });
    this.#isProjecting = true;
    for (const diff of diffs) this.#projectDiff(batch, diff);
    for (const [shared, state] of inputs) this.#projectState(batch, shared, state);
    this.#isProjecting = false;
    if (batch.pendingProjections === 0) this.#finishBatch(batch);
    return true;
  }

  #projectDiff(batch: FeedBatch<S, P>, { change, keys, subscribers, isWhole }: SharedChange<S, P>): void {
    const settle = (result: FetchResult<readonly P[]>): void => {
      if (this.#batch !== batch) return;
      if (result.error === undefined) {
        const [joins, leaves] = result.value as readonly [P, P];
        this.#pace.madeDiff(this.#context.clock.now());
        this.#sendDiff(subscribers, { joins, leaves }, isWhole);
      } else {
        if (isWhole) batch.hasDiffFailed = true;
        for (const subscriber of subscribers) this.#lose(subscriber);
        this.#fail(batch, result.error);
      }
      this.#settle(batch);
    };
    this.#context.project([change.joins, change.leaves], settle, keys);
  }

  #projectState(batch: FeedBatch<S, P>, { keys, subscribers }: SharedState<S, P>, state: S): void {
    const settle = (result: FetchResult<readonly P[]>): void => {
      if (this.#batch !== batch) return;
      if (result.error === undefined) {
        this.#pace.madeState(this.#context.clock.now());
        const message = stateMessage(this.#context.topic, result.value[0]!);
        if (batch.isCurrent && keys === undefined) this.#cachedState = message;
        this.#sendState(subscribers, message);
      } else {
        const lost = [...subscribers];
        // A subscriber that comes later must not join this group.
        subscribers.clear();
        for (const subscriber of lost) this.#lose(subscriber);
        this.#fail(batch, result.error);
      }
      this.#settle(batch);
    };
    this.#context.project([state], settle, keys);
  }

  #sendDiff(subscribers: readonly Subscriber<S, P>[], change: ProjectedChange<P>, isWhole: boolean): void {
    if (isWithoutEffect(change)) return;
    const message = diffMessage(this.#context.topic, change);
    // Those that have dropped messages since, or whose listeners have failed, wait for a state.
    this.#deliver(
      subscribers.filter(({ isFollowing }) => isFollowing),
      message,
    );
    if (isWhole) this.#context.announce(message.payload);
  }

  #sendState(subscribers: Set<Subscriber<S, P>>, message: PresenceMessage<P>): void {
    if (subscribers.size === 0) return;
    this.#deliver([...subscribers], message);
    for (const subscriber of subscribers) this.#audience.follow(subscriber);
    subscribers.clear();
    if (this.#audience.isNeedy) this.#scheduleStart();
  }

  /** Sends the whole state to those who wait for it. */
  #sendCachedState(message: PresenceMessage<P>): void {
    const subscribers = new Set([...this.#awaitingState].filter(({ keys }) => keys === undefined));
    for (const subscriber of subscribers) this.#awaitingState.delete(subscriber);
    this.#sendState(subscribers, message);
  }

  /** Queues a message. A subscriber that is paused by then gets a state when it resumes. */
  #deliver(subscribers: readonly Subscriber<S, P>[], message: PresenceMessage<P>): void {
    this.#context.enqueue(() => {
      for (const subscriber of subscribers) {
        if (subscriber.isGone || subscriber.hasFailed) continue;
        if (subscriber.isPaused) this.#lose(subscriber);
        else this.#context.call(subscriber.listener, message, () => this.#listenerFailed(subscriber));
      }
    });
  }

  /** The subscriber has not been sent something. */
  #lose(subscriber: Subscriber<S, P>): void {
    if (subscriber.isGone || subscriber.hasFailed) return;
    this.#audience.unfollow(subscriber, subscriber.isPaused ? "outdated" : "awaiting");
    if (!subscriber.isPaused) this.#awaitingState.add(subscriber);
  }

  /** Whichever message it was, the listener gets a state in its place. */
  #listenerFailed(subscriber: Subscriber<S, P>): void {
    if (subscriber.isGone || subscriber.hasFailed) return;
    const { clock } = this.#context;
    const failures = this.#failing.get(subscriber) ?? new Backoff(RETRY);
    this.#failing.set(subscriber, failures);
    if (clock.now() > failures.nextAt + RETRY.maxMs) failures.reset();
    failures.recordFailure(clock.now());
    subscriber.hasFailed = true;
    this.#stopAwaiting(subscriber);
    this.#audience.unfollow(subscriber, "outdated");
    const retry = (): void => {
      if (subscriber.isGone) return;
      subscriber.hasFailed = false;
      if (!subscriber.isPaused) this.#awaitState(subscriber);
    };
    clock.setTimer(retry, failures.nextAt - clock.now(), { keepsAlive: false });
  }

  #settle(batch: FeedBatch<S, P>): void {
    batch.pendingProjections--;
    if (this.#isProjecting) return;
    if (batch.pendingProjections === 0) {
      this.#finishBatch(batch);
      this.#startBatches();
    }
    this.#flush();
  }

  #fail(batch: FeedBatch<S, P>, error: Error): void {
    if (batch.error === undefined) this.#context.fail(error);
    batch.error ??= error;
  }

  #finishBatch(batch: FeedBatch<S, P>): void {
    this.#batch = undefined;
    if (batch.error === undefined) this.#backoff.reset();
    else this.#retryAfterFailure(batch);
  }

  /** After a failure subscribers get a fresh state, but the listeners of `diff` still need the changes. */
  #retryAfterFailure(batch: FeedBatch<S, P>): void {
    const now = this.#context.clock.now();
    this.#backoff.recordFailure(now);
    if (!batch.isCurrent) this.#backoff.hurry(now);
    this.#cachedState = undefined;
    if (!batch.hasDiffFailed || !this.#context.hasDiffListeners()) return;
    // Those who got their diffs must not get the changes again.
    for (const subscriber of this.#audience.followers()) this.#lose(subscriber);
    const later = this.#changes.toChange();
    this.#changes = batch.changes;
    this.#changes.add(later);
  }
}
