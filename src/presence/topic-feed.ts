import { Alarm } from "../time/alarm.ts";
import { Backoff } from "../time/backoff.ts";
import type { Clock } from "../time/clock.ts";
import type { FeedBatch, Subscriber } from "./feed-batch.ts";
import { FeedPace } from "./feed-pace.ts";
import type { FetchResult } from "./fetcher.ts";
import type { NetChange, TopicChange } from "./net-change.ts";
import { diffMessage, type PresenceMessage, type ProjectedChange, stateMessage } from "./presence-message.ts";
import { isWithoutEffect } from "./without-effect.ts";

/** Everything around the feed of one topic. */
export interface TopicFeedContext<S extends object, P extends object> {
  readonly clock: Clock;
  /** How long changes collect into one diff, from the first of them. */
  readonly collectMs: number;
  /** How long the feed rests after a diff or a state, before it makes the next one. */
  readonly windowMs: number;
  /** The state of the topic now. */
  read(): S;
  /** Creates the sum of no changes. */
  createNetChange(): NetChange<S>;
  /** Whether `read` has changes that the feed has not got yet. */
  hasQueuedDiff(): boolean;
  /** Whether the `diff` event has listeners. */
  hasDiffListeners(): boolean;
  /** Projects each input. Calls `settle` once, before it returns if the projection is synchronous. */
  project(inputs: readonly S[], settle: (result: FetchResult<readonly P[]>) => void): void;
  /** Queues a message for these subscribers. */
  deliver(subscribers: readonly Subscriber<P>[], message: PresenceMessage<P>): void;
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
  readonly #backoff = new Backoff({ firstMs: 1_000, maxMs: 30_000 });
  readonly #pace: FeedPace;
  /** The subscribers that have a state. They get every diff. */
  readonly #followers = new Set<Subscriber<P>>();
  /** The subscribers that wait for the state of the next batch. */
  readonly #awaitingState = new Set<Subscriber<P>>();
  /** The changes since the last batch. */
  #changes: NetChange<S>;
  #batch: FeedBatch<S, P> | undefined = undefined;
  /** The state of the last batch, until the topic changes. */
  #cachedState: PresenceMessage<P> | undefined = undefined;
  #isProjecting = false;
  #isStartScheduled = false;
  #isClosed = false;

  constructor(context: TopicFeedContext<S, P>) {
    this.#context = context;
    this.#changes = context.createNetChange();
    this.#pace = new FeedPace(context);
    this.#alarm = new Alarm(context.clock, () => this.#runInTurn());
  }

  /** The listener gets a state soon, but not before this call returns, and then every diff. Returns a function that unsubscribes. */
  subscribe(listener: Subscriber<P>["listener"]): () => void {
    const subscriber: Subscriber<P> = { listener, isGone: false };
    const { awaitingState } = this.#batchToShare() ?? { awaitingState: this.#awaitingState };
    awaitingState.add(subscriber);
    this.#scheduleStart();
    return () => this.#unsubscribe(subscriber);
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
    if (this.#isFollowed()) {
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
    for (const subscribers of [this.#followers, this.#awaitingState, this.#batch?.awaitingState ?? []]) {
      for (const subscriber of subscribers) subscriber.isGone = true;
    }
    this.#isClosed = true;
    this.#batch = undefined;
    this.#cachedState = undefined;
    this.#alarm.clear();
    this.#context.drop();
  }

  get #size(): number {
    return this.#followers.size + this.#awaitingState.size + (this.#batch?.awaitingState.size ?? 0);
  }

  /** Whether a change now has to come as a diff: a subscriber without a state gets it in the state. */
  #isFollowed(): boolean {
    return this.#followers.size > 0 || this.#batch !== undefined || this.#context.hasDiffListeners();
  }

  #unsubscribe(subscriber: Subscriber<P>): void {
    if (subscriber.isGone) return;
    subscriber.isGone = true;
    this.#followers.delete(subscriber);
    this.#awaitingState.delete(subscriber);
    this.#batch?.awaitingState.delete(subscriber);
    this.dropIfIdle();
  }

  /** The current batch, if its state is being projected and the topic has not changed since. */
  #batchToShare(): FeedBatch<S, P> | undefined {
    return this.#batch?.isCurrent && this.#batch.awaitingState.size > 0 ? this.#batch : undefined;
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
      if (this.#cachedState !== undefined) this.#sendState(this.#awaitingState, this.#cachedState);
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
    return !this.#changes.isEmpty && (this.#followers.size > 0 || this.#context.hasDiffListeners());
  }

  /** Starts a batch, and finishes it if the projection is synchronous. Returns whether there was anything to project. */
  #startBatch(withState: boolean): boolean {
    const hasChanges = this.#hasDiff;
    // The queued diffs come in this same turn. The state must not include them before they come.
    const needsState = withState && this.#awaitingState.size > 0 && !this.#context.hasQueuedDiff();
    if (this.#awaitingState.size > 0 && !needsState) this.#scheduleStart();
    if (!hasChanges && !needsState) return false;
    const batch: FeedBatch<S, P> = {
      changes: this.#changes,
      followers: hasChanges ? [...this.#followers] : [],
      awaitingState: needsState ? new Set(this.#awaitingState) : new Set(),
      isCurrent: true,
      pendingProjections: Number(hasChanges) + Number(needsState),
      hasDiffFailed: false,
      error: undefined,
    };
    this.#batch = batch;
    this.#changes = this.#context.createNetChange();
    if (needsState) this.#awaitingState.clear();
    const state = needsState ? this.#context.read() : undefined;
    this.#isProjecting = true;
    if (hasChanges) this.#projectDiff(batch);
    if (state !== undefined) this.#projectState(batch, state);
    this.#isProjecting = false;
    if (batch.pendingProjections === 0) this.#finishBatch(batch);
    return true;
  }

  #projectDiff(batch: FeedBatch<S, P>): void {
    const { joins, leaves } = batch.changes.toChange();
    this.#context.project([joins, leaves], (result) => {
      if (this.#batch !== batch) return;
      if (result.error === undefined) {
        const [projectedJoins, projectedLeaves] = result.value as readonly [P, P];
        this.#pace.madeDiff(this.#context.clock.now());
        this.#sendDiff(batch.followers, { joins: projectedJoins, leaves: projectedLeaves });
      } else {
        batch.hasDiffFailed = true;
        this.#fail(batch, result.error);
      }
      this.#settle(batch);
    });
  }

  #projectState(batch: FeedBatch<S, P>, state: S): void {
    this.#context.project([state], (result) => {
      if (this.#batch !== batch) return;
      if (result.error === undefined) {
        this.#pace.madeState(this.#context.clock.now());
        const message = stateMessage(result.value[0]!);
        if (batch.isCurrent) this.#cachedState = message;
        this.#sendState(batch.awaitingState, message);
      } else {
        this.#fail(batch, result.error);
      }
      this.#settle(batch);
    });
  }

  #sendDiff(followers: readonly Subscriber<P>[], change: ProjectedChange<P>): void {
    if (isWithoutEffect(change)) return;
    const message = diffMessage(change);
    this.#context.deliver(followers, message);
    this.#context.announce(message.payload);
  }

  #sendState(awaitingState: Set<Subscriber<P>>, message: PresenceMessage<P>): void {
    if (awaitingState.size === 0) return;
    this.#context.deliver([...awaitingState], message);
    for (const subscriber of awaitingState) this.#followers.add(subscriber);
    awaitingState.clear();
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
    for (const subscriber of [...this.#followers, ...batch.awaitingState])
      this.#awaitingState.add(subscriber);
    this.#followers.clear();
    if (!this.#context.hasDiffListeners()) {
      this.#changes = this.#context.createNetChange();
    } else if (batch.hasDiffFailed) {
      const later = this.#changes.toChange();
      this.#changes = batch.changes;
      this.#changes.add(later);
    }
  }
}
