import type { State } from "../payload.ts";
import { Alarm } from "../time/alarm.ts";
import { Backoff } from "../time/backoff.ts";
import type { Clock } from "../time/clock.ts";
import type { FeedBatch } from "./feed-batch.ts";
import type { FetchResult } from "./fetcher.ts";
import { NetDiff, type TopicChange } from "./net-diff.ts";
import { diffMessage, type PresenceMessage, type ProjectedChange, stateMessage } from "./presence-message.ts";
import type { Subscriber } from "./subscriber.ts";

/** What a topic's feed needs from around it. */
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
  project(asked: readonly State<M>[], settle: (answer: FetchResult<readonly P[]>) => void): void;
  /** These three queue what is to be told, and `flush` tells it. */
  deliver(subscribers: readonly Subscriber<P>[], message: PresenceMessage<P>): void;
  announce(change: ProjectedChange<P>): void;
  fail(error: Error): void;
  flush(): void;
  /** Nothing is left to be kept for this topic. */
  drop(): void;
}

/**
 * Brings one topic to those who listen to it, cut by cut: at a cut what changed since the last is projected for those who
 * have a state, and the state for those who wait for one, both of the same moment. The next cut comes when both are
 * settled, any window is over, and, after a failure, it is time to try again.
 */
export class TopicFeed<M extends object, P extends object> {
  readonly #around: TopicFeedContext<M, P>;
  readonly #alarm: Alarm;
  readonly #backoff = new Backoff();
  /** Have a state, and get every diff. */
  readonly #followers = new Set<Subscriber<P>>();
  /** Wait for the state of the next cut. */
  readonly #newcomers = new Set<Subscriber<P>>();
  /** What changed since the last cut. */
  #net = new NetDiff<M>();
  #cut: FeedBatch<M, P> | undefined = undefined;
  /** The state of the last cut, as long as nothing changes. */
  #state: PresenceMessage<P> | undefined = undefined;
  #windowEndsAt: number | undefined = undefined;
  #isAsking = false;
  #isWoken = false;
  #isDropped = false;

  constructor(around: TopicFeedContext<M, P>) {
    this.#around = around;
    this.#alarm = new Alarm(around.clock, () => {
      this.#advance();
      around.flush();
    });
  }

  /** The listener gets a state soon, but not before this returns, and then every diff. Returns what ends it. */
  subscribe(listener: Subscriber<P>["listener"]): () => void {
    const subscriber: Subscriber<P> = { listener, isGone: false };
    const { newcomers } = this.#sharedCut() ?? { newcomers: this.#newcomers };
    newcomers.add(subscriber);
    this.#wake();
    return () => this.#unsubscribe(subscriber);
  }

  /** The topic has changed. */
  change(change: TopicChange<M>): void {
    const { clock, diffWindowMs } = this.#around;
    const now = clock.now();
    this.#state = undefined;
    if (this.#cut !== undefined) this.#cut.isCurrent = false;
    if (this.#isFollowed()) {
      this.#net.add(change);
      if (diffWindowMs > 0) this.#windowEndsAt ??= now + diffWindowMs;
    }
    this.#backoff.hurry(now);
    this.#advance();
  }

  /** Some who listened to diffs do so no more. */
  dropIfIdle(): void {
    const isIdle = this.#cut === undefined && this.#net.isEmpty;
    if (this.#size === 0 && (isIdle || !this.#around.hasDiffListeners())) this.close();
  }

  /** Nobody is told anything any more, also not what is on its way. */
  close(): void {
    for (const subscribers of [this.#followers, this.#newcomers, this.#cut?.newcomers ?? []]) {
      for (const subscriber of subscribers) subscriber.isGone = true;
    }
    this.#isDropped = true;
    this.#cut = undefined;
    this.#alarm.clear();
    this.#around.drop();
  }

  get #size(): number {
    return this.#followers.size + this.#newcomers.size + (this.#cut?.newcomers.size ?? 0);
  }

  /** Whether anybody is to be told of what changes now, other than by a state. */
  #isFollowed(): boolean {
    return this.#followers.size > 0 || this.#cut !== undefined || this.#around.hasDiffListeners();
  }

  #unsubscribe(subscriber: Subscriber<P>): void {
    if (subscriber.isGone) return;
    subscriber.isGone = true;
    this.#followers.delete(subscriber);
    this.#newcomers.delete(subscriber);
    this.#cut?.newcomers.delete(subscriber);
    this.dropIfIdle();
  }

  /** A cut whose state is on its way and still that of now. */
  #sharedCut(): FeedBatch<M, P> | undefined {
    return this.#cut?.isCurrent && this.#cut.newcomers.size > 0 ? this.#cut : undefined;
  }

  /** A subscriber is not called before it has what ends it. */
  #wake(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    queueMicrotask(() => {
      this.#isWoken = false;
      this.#advance();
      this.#around.flush();
    });
  }

  /** Cuts, if it is time to. */
  #advance(): void {
    // The end of the present cut comes back here.
    while (this.#cut === undefined && !this.#isDropped) {
      const at = Math.max(this.#windowEndsAt ?? Number.NEGATIVE_INFINITY, this.#backoff.nextAt);
      if (this.#around.clock.now() < at) {
        this.#alarm.set(at, false);
        return;
      }
      this.#windowEndsAt = undefined;
      if (!this.#begin()) {
        this.dropIfIdle();
        return;
      }
    }
  }

  /** Begins a cut, and ends it where `fetch` is synchronous. Whether there was anything to cut. */
  #begin(): boolean {
    if (this.#state !== undefined) this.#welcome(this.#newcomers, this.#state);
    const hasNews = !this.#net.isEmpty && (this.#followers.size > 0 || this.#around.hasDiffListeners());
    // What is ahead is told of before this turn is over, and is a cut of its own.
    const isAwaited = this.#newcomers.size > 0 && !this.#around.hasQueuedDiff();
    if (this.#newcomers.size > 0 && !isAwaited) this.#wake();
    if (!hasNews && !isAwaited) return false;
    const cut: FeedBatch<M, P> = {
      changes: this.#net,
      followers: hasNews ? [...this.#followers] : [],
      newcomers: isAwaited ? new Set(this.#newcomers) : new Set(),
      isCurrent: true,
      pendingProjections: Number(hasNews) + Number(isAwaited),
      hasDiffFailed: false,
      error: undefined,
    };
    this.#cut = cut;
    this.#net = new NetDiff();
    if (isAwaited) this.#newcomers.clear();
    const state = isAwaited ? this.#around.read() : undefined;
    this.#isAsking = true;
    if (hasNews) this.#askForDiff(cut);
    if (state !== undefined) this.#askForState(cut, state);
    this.#isAsking = false;
    if (cut.pendingProjections === 0) this.#end(cut);
    return true;
  }

  #askForDiff(cut: FeedBatch<M, P>): void {
    const { joins, leaves } = cut.changes.toChange();
    this.#around.project([joins, leaves], (answer) => {
      if (this.#cut !== cut) return;
      if (answer.error === undefined) {
        const [projectedJoins, projectedLeaves] = answer.value as readonly [P, P];
        const message = diffMessage({ joins: projectedJoins, leaves: projectedLeaves });
        this.#around.deliver(cut.followers, message);
        this.#around.announce(message.payload);
      } else {
        cut.hasDiffFailed = true;
        this.#fail(cut, answer.error);
      }
      this.#settle(cut);
    });
  }

  #askForState(cut: FeedBatch<M, P>, state: State<M>): void {
    this.#around.project([state], (answer) => {
      if (this.#cut !== cut) return;
      if (answer.error === undefined) {
        const message = stateMessage(answer.value[0]!);
        if (cut.isCurrent) this.#state = message;
        this.#welcome(cut.newcomers, message);
      } else {
        this.#fail(cut, answer.error);
      }
      this.#settle(cut);
    });
  }

  #welcome(newcomers: Set<Subscriber<P>>, message: PresenceMessage<P>): void {
    if (newcomers.size === 0) return;
    this.#around.deliver([...newcomers], message);
    for (const subscriber of newcomers) this.#followers.add(subscriber);
    newcomers.clear();
  }

  #settle(cut: FeedBatch<M, P>): void {
    cut.pendingProjections--;
    if (this.#isAsking) return;
    if (cut.pendingProjections === 0) {
      this.#end(cut);
      this.#advance();
    }
    this.#around.flush();
  }

  #fail(cut: FeedBatch<M, P>, error: Error): void {
    if (cut.error === undefined) this.#around.fail(error);
    cut.error ??= error;
  }

  #end(cut: FeedBatch<M, P>): void {
    this.#cut = undefined;
    if (cut.error === undefined) this.#backoff.reset();
    else this.#startOver(cut);
  }

  /** After a failure a subscriber gets a fresh state; only who listens to diffs needs what is missing. */
  #startOver(cut: FeedBatch<M, P>): void {
    const now = this.#around.clock.now();
    this.#backoff.recordFailure(now);
    if (!cut.isCurrent) this.#backoff.hurry(now);
    this.#state = undefined;
    for (const subscriber of [...this.#followers, ...cut.newcomers]) this.#newcomers.add(subscriber);
    this.#followers.clear();
    if (!this.#around.hasDiffListeners()) {
      this.#net = new NetDiff();
    } else if (cut.hasDiffFailed) {
      const later = this.#net.toChange();
      this.#net = cut.changes;
      this.#net.add(later);
    }
  }
}
