import type { State } from "../payload.ts";
import { Alarm } from "../time/alarm.ts";
import { Backoff } from "../time/backoff.ts";
import type { Clock } from "../time/clock.ts";
import type { FeedBatch, Subscriber } from "./feed-batch.ts";
import type { FetchResult } from "./fetcher.ts";
import { NetDiff, type TopicChange } from "./net-diff.ts";
import { diffMessage, type PresenceMessage, type ProjectedChange, stateMessage } from "./presence-message.ts";

/** What a topic's feed needs from context it. */
export interface TopicFeedContext<M extends object, P extends object> {
  readonly clock: Clock;
  readonly diffWindowMs: number;
  /** All presences of the topic. */
  read(): State<M>;
  /** Whether `read` is ahead of the changes that the feed was told of. */
  hasQueuedDiff(): boolean;
  /** Whether there are listeners for diffs, beside the subscribers. */
  hasDiffListeners(): boolean;
  /** Projects each of these. `settle` is called once, perhaps before it returns. */
  project(inputs: readonly State<M>[], settle: (result: FetchResult<readonly P[]>) => void): void;
  /** These three queue what is to be told, and `flush` tells it. */
  deliver(subscribers: readonly Subscriber<P>[], message: PresenceMessage<P>): void;
  announce(change: ProjectedChange<P>): void;
  fail(error: Error): void;
  flush(): void;
  /** Nothing is left to be kept for this topic. */
  drop(): void;
}

/**
 * Brings one topic to those who listen to it, batch by batch: at a batch what changed since the last is projected for those who
 * have a state, and the state for those who wait for one, both of the same moment. The next batch comes when both are
 * settled, any window is over, and, after a failure, it is time to try again.
 */
export class TopicFeed<M extends object, P extends object> {
  readonly #context: TopicFeedContext<M, P>;
  readonly #alarm: Alarm;
  readonly #backoff = new Backoff({ firstMs: 1_000, maxMs: 30_000 });
  /** Have a state, and get every diff. */
  readonly #followers = new Set<Subscriber<P>>();
  /** Wait for the state of the next batch. */
  readonly #awaitingState = new Set<Subscriber<P>>();
  /** What changed since the last batch. */
  #changes = new NetDiff<M>();
  #batch: FeedBatch<M, P> | undefined = undefined;
  /** The state of the last batch, as long as nothing changes. */
  #cachedState: PresenceMessage<P> | undefined = undefined;
  #windowEndsAt: number | undefined = undefined;
  #isProjecting = false;
  #isStartScheduled = false;
  #isClosed = false;

  constructor(context: TopicFeedContext<M, P>) {
    this.#context = context;
    this.#alarm = new Alarm(context.clock, () => {
      this.#startBatches();
      context.flush();
    });
  }

  /** The listener gets a state soon, but not before this returns, and then every diff. Returns what ends it. */
  subscribe(listener: Subscriber<P>["listener"]): () => void {
    const subscriber: Subscriber<P> = { listener, isGone: false };
    const { awaitingState } = this.#batchToShare() ?? { awaitingState: this.#awaitingState };
    awaitingState.add(subscriber);
    this.#scheduleStart();
    return () => this.#unsubscribe(subscriber);
  }

  /** The topic has changed. */
  change(change: TopicChange<M>): void {
    const { clock, diffWindowMs } = this.#context;
    const now = clock.now();
    this.#cachedState = undefined;
    if (this.#batch !== undefined) this.#batch.isCurrent = false;
    if (this.#isFollowed()) {
      this.#changes.add(change);
      if (diffWindowMs > 0) this.#windowEndsAt ??= now + diffWindowMs;
    }
    this.#backoff.hurry(now);
    this.#startBatches();
  }

  /** Some who listened to diffs do so no more. */
  dropIfIdle(): void {
    const isIdle = this.#batch === undefined && this.#changes.isEmpty;
    if (this.#size === 0 && (isIdle || !this.#context.hasDiffListeners())) this.close();
  }

  /** Nobody is told anything any more, also not what is on its way. */
  close(): void {
    for (const subscribers of [this.#followers, this.#awaitingState, this.#batch?.awaitingState ?? []]) {
      for (const subscriber of subscribers) subscriber.isGone = true;
    }
    this.#isClosed = true;
    this.#batch = undefined;
    this.#alarm.clear();
    this.#context.drop();
  }

  get #size(): number {
    return this.#followers.size + this.#awaitingState.size + (this.#batch?.awaitingState.size ?? 0);
  }

  /** Whether anybody is to be told of what changes now, other than by a state. */
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

  /** A batch whose state is on its way and still that of now. */
  #batchToShare(): FeedBatch<M, P> | undefined {
    return this.#batch?.isCurrent && this.#batch.awaitingState.size > 0 ? this.#batch : undefined;
  }

  /** A subscriber is not called before it has what ends it. */
  #scheduleStart(): void {
    if (this.#isStartScheduled) return;
    this.#isStartScheduled = true;
    queueMicrotask(() => {
      this.#isStartScheduled = false;
      this.#startBatches();
      this.#context.flush();
    });
  }

  /** Cuts, if it is time to. */
  #startBatches(): void {
    // The end of the present batch comes back here.
    while (this.#batch === undefined && !this.#isClosed) {
      const at = Math.max(this.#windowEndsAt ?? Number.NEGATIVE_INFINITY, this.#backoff.nextAt);
      if (this.#context.clock.now() < at) {
        this.#alarm.set(at, false);
        return;
      }
      this.#windowEndsAt = undefined;
      if (!this.#startBatch()) {
        this.dropIfIdle();
        return;
      }
    }
  }

  /** Begins a batch, and ends it where `fetch` is synchronous. Whether there was anything to batch. */
  #startBatch(): boolean {
    if (this.#cachedState !== undefined) this.#sendState(this.#awaitingState, this.#cachedState);
    const hasChanges =
      !this.#changes.isEmpty && (this.#followers.size > 0 || this.#context.hasDiffListeners());
    // What is ahead is told of before this turn is over, and is a batch of its own.
    const needsState = this.#awaitingState.size > 0 && !this.#context.hasQueuedDiff();
    if (this.#awaitingState.size > 0 && !needsState) this.#scheduleStart();
    if (!hasChanges && !needsState) return false;
    const batch: FeedBatch<M, P> = {
      changes: this.#changes,
      followers: hasChanges ? [...this.#followers] : [],
      awaitingState: needsState ? new Set(this.#awaitingState) : new Set(),
      isCurrent: true,
      pendingProjections: Number(hasChanges) + Number(needsState),
      hasDiffFailed: false,
      error: undefined,
    };
    this.#batch = batch;
    this.#changes = new NetDiff();
    if (needsState) this.#awaitingState.clear();
    const state = needsState ? this.#context.read() : undefined;
    this.#isProjecting = true;
    if (hasChanges) this.#projectDiff(batch);
    if (state !== undefined) this.#projectState(batch, state);
    this.#isProjecting = false;
    if (batch.pendingProjections === 0) this.#finishBatch(batch);
    return true;
  }

  #projectDiff(batch: FeedBatch<M, P>): void {
    const { joins, leaves } = batch.changes.toChange();
    this.#context.project([joins, leaves], (result) => {
      if (this.#batch !== batch) return;
      if (result.error === undefined) {
        const [projectedJoins, projectedLeaves] = result.value as readonly [P, P];
        const message = diffMessage({ joins: projectedJoins, leaves: projectedLeaves });
        this.#context.deliver(batch.followers, message);
        this.#context.announce(message.payload);
      } else {
        batch.hasDiffFailed = true;
        this.#fail(batch, result.error);
      }
      this.#settle(batch);
    });
  }

  #projectState(batch: FeedBatch<M, P>, state: State<M>): void {
    this.#context.project([state], (result) => {
      if (this.#batch !== batch) return;
      if (result.error === undefined) {
        const message = stateMessage(result.value[0]!);
        if (batch.isCurrent) this.#cachedState = message;
        this.#sendState(batch.awaitingState, message);
      } else {
        this.#fail(batch, result.error);
      }
      this.#settle(batch);
    });
  }

  #sendState(awaitingState: Set<Subscriber<P>>, message: PresenceMessage<P>): void {
    if (awaitingState.size === 0) return;
    this.#context.deliver([...awaitingState], message);
    for (const subscriber of awaitingState) this.#followers.add(subscriber);
    awaitingState.clear();
  }

  #settle(batch: FeedBatch<M, P>): void {
    batch.pendingProjections--;
    if (this.#isProjecting) return;
    if (batch.pendingProjections === 0) {
      this.#finishBatch(batch);
      this.#startBatches();
    }
    this.#context.flush();
  }

  #fail(batch: FeedBatch<M, P>, error: Error): void {
    if (batch.error === undefined) this.#context.fail(error);
    batch.error ??= error;
  }

  #finishBatch(batch: FeedBatch<M, P>): void {
    this.#batch = undefined;
    if (batch.error === undefined) this.#backoff.reset();
    else this.#retryAfterFailure(batch);
  }

  /** After a failure a subscriber gets a fresh state; only who listens to diffs needs what is missing. */
  #retryAfterFailure(batch: FeedBatch<M, P>): void {
    const now = this.#context.clock.now();
    this.#backoff.recordFailure(now);
    if (!batch.isCurrent) this.#backoff.hurry(now);
    this.#cachedState = undefined;
    for (const subscriber of [...this.#followers, ...batch.awaitingState])
      this.#awaitingState.add(subscriber);
    this.#followers.clear();
    if (!this.#context.hasDiffListeners()) {
      this.#changes = new NetDiff();
    } else if (batch.hasDiffFailed) {
      const later = this.#changes.toChange();
      this.#changes = batch.changes;
      this.#changes.add(later);
    }
  }
}
