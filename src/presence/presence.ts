import { assertFunction } from "../checks/check-argument.ts";
import { OrderedEmitter } from "../emitter/ordered-emitter.ts";
import { ClosedError } from "../errors.ts";
import type { Diff, Meta, PresenceMeta, State } from "../payload.ts";
import { admitTopic, lookUpKey } from "../tracker/admission/topics-and-keys.ts";
import { TRACKER_EVENT_NAMES, type TrackerEvents } from "../tracker/events/tracker-events.ts";
import type { Owner } from "../tracker/owners/owner.ts";
import type { ReplicaInfo } from "../tracker/replicas/replica-info.ts";
import { resolveLeaveOption, Tracker } from "../tracker/tracker.ts";
import type { Traffic } from "../tracker/transport/transport.ts";
import { Fetcher } from "./fetcher.ts";
import { groupByKey } from "./group-by-key.ts";
import { KeyWatch } from "./key-watch.ts";
import type { PresenceEvents } from "./presence-events.ts";
import type { PresenceMessage, ProjectedChange } from "./presence-message.ts";
import type { Cause, PresenceOptions } from "./presence-options.ts";
import { type ResolvedPresenceOptions, resolvePresenceOptions } from "./resolve-presence-options.ts";
import type { Subscriber } from "./subscriber.ts";
import { TopicFeed } from "./topic-feed.ts";

/**
 * Who is here, on every process of a cluster, as your `fetch` shows it: a tracker, and subscriptions to its topics. Writes
 * and counts are synchronous; only what goes through `fetch` has to be waited for. Made by `createPresence`.
 *
 * @example
 * const presence = await createPresence({ pubsub: memoryPubSub(), fetch: countOnly("readers") });
 * presence.track(socket, "article:7", "readers");
 * const stop = presence.subscribe("article:7", (message) => socket.send(String(message)));
 */
export class Presence<M extends object = Meta, P extends object = State<M>> implements AsyncDisposable {
  /** @internal For `createPresence` and the inspector: what it reads did not go through `fetch`. */
  readonly tracker: Tracker<M>;
  readonly #options: ResolvedPresenceOptions<M, P>;
  readonly #fetching: Fetcher<M, P>;
  readonly #announcer = new OrderedEmitter<PresenceEvents<P>>(TRACKER_EVENT_NAMES);
  readonly #feeds = new Map<string, TopicFeed<M, P>>();
  readonly #keyWatch: KeyWatch | undefined;
  /** What the present change comes to, where `fetch` is synchronous: one event for all its topics. */
  #changes = new Map<string, ProjectedChange<P>>();
  #isTaking = false;
  #isClosed = false;

  /** @internal Made by `createPresence`, which has its tracker begin. */
  constructor(options: PresenceOptions<M, P>) {
    this.#options = resolvePresenceOptions(options);
    this.tracker = new Tracker(this.#options.tracker);
    this.#fetching = new Fetcher(this.#options);
    this.#keyWatch = this.#watchKeys();
    this.tracker.on("diff", (diff, cause) => this.#take(diff, cause));
    for (const name of ["replica-up", "replica-down", "replica-permdown", "warning", "error"] as const) {
      this.tracker.on(name, (...told: unknown[]) => this.#relay(name, told));
    }
  }

  /**
   * Adds a presence: counted when this returns, and on other nodes moments later. It leaves when its owner ends, or by
   * `untrack`. An owner may hold many keys and topics, and many owners the same key.
   *
   * An owner that has ended already is tracked and leaves at once: one join, one leave.
   *
   * @param owner The socket itself, an `AbortSignal`, or a string whose end you report with `end`.
   * @param key A number becomes a string.
   * @param meta A plain JSON object. It is copied, and handed out frozen.
   * @returns Its `phx_ref`.
   * @throws {AlreadyTrackedError} when this owner holds this key in this topic.
   * @throws {InvalidArgumentError} for an owner, topic, key or meta of the wrong kind; it is a `TypeError`.
   * @throws {LimitError} when something is too large, or too many.
   * @throws {ClosedError} after `close()`.
   * @example
   * presence.track(socket, "article:7", "readers");
   */
  track(owner: Owner, topic: string, key: string | number, meta?: M): string {
    return this.tracker.track(owner, topic, key, meta);
  }

  /**
   * Replaces the meta of a presence: one diff, with the old meta in `leaves` and the new one in `joins`.
   *
   * @param meta The new meta, or a function that makes it of the old one. Where it throws, nothing is changed.
   * @returns Its new `phx_ref`; the one before is its `phx_ref_prev`.
   * @throws {NotTrackedError} when this owner does not hold this key in this topic.
   * @throws {InvalidArgumentError} for a meta that is no plain JSON object; it is a `TypeError`.
   * @throws {LimitError} when it is too large.
   * @throws {ClosedError} after `close()`.
   * @example
   * presence.update(socket, "lobby", "alice", (meta) => ({ ...meta, typing: true }));
   */
  update(
    owner: Owner,
    topic: string,
    key: string | number,
    meta: M | ((meta: PresenceMeta<M>) => M),
  ): string {
    return this.tracker.update(owner, topic, key, meta);
  }

  /**
   * Removes one presence of an owner, or all of them, at once. Does nothing where there is none.
   *
   * @example
   * presence.untrack(socket, "lobby", "alice");
   * presence.untrack(socket); // all its topics
   */
  untrack(owner: Owner, ...one: [] | [topic: string, key: string | number]): void {
    this.tracker.untrack(owner, ...one);
  }

  /**
   * Says that an owner has ended: its presences leave, after `leaveDelayMs`. It happens by itself when a socket closes
   * or a signal aborts; for a string only you know.
   *
   * @example
   * presence.end(sessionId);
   */
  end(owner: Owner): void {
    this.tracker.end(owner);
  }

  /**
   * All presences of a topic, as `fetch` projects them. Rejects where `fetch` does, or takes too long.
   *
   * @throws {FetchError} when `fetch` throws, rejects, or gives no object.
   * @throws {FetchTimeoutError} after `fetchTimeoutMs`.
   * @example
   * const { readers } = await presence.list("article:7");
   */
  async list(topic: string): Promise<P> {
    return this.#fetching.fetchOne(topic, this.#read(topic));
  }

  /**
   * One key of a topic, as `fetch` projects it: `fetch` gets only this key. `undefined` where nobody has it, without a call
   * of `fetch`. What it costs depends on the key's metas, not on the size of the topic.
   *
   * @throws {FetchError} when `fetch` throws, rejects, or gives no object.
   * @throws {FetchTimeoutError} after `fetchTimeoutMs`.
   * @example
   * const alice = await presence.getByKey("lobby", "alice");
   */
  async getByKey(topic: string, key: string | number): Promise<P[keyof P] | undefined> {
    const name = lookUpKey(key);
    const metas = this.tracker.getByKey(topic, name);
    if (metas.length === 0) return undefined;
    const projection = await this.#fetching.fetchOne(topic, groupByKey(metas.map((meta) => [name, meta])));
    return Object.hasOwn(projection, name) ? projection[name as keyof P] : undefined;
  }

  /**
   * How many presences a topic has, or one key of it. Kept, not computed, and without `fetch`: O(1).
   *
   * @example
   * presence.count("article:7", "readers"); // 12
   */
  count(topic: string, key?: string | number): number {
    return this.tracker.count(topic, key);
  }

  /**
   * How many keys a topic has. O(1), once the topic was read by key.
   *
   * @example
   * presence.keyCount("lobby"); // people, where count is devices
   */
  keyCount(topic: string): number {
    return this.tracker.keyCount(topic);
  }

  /**
   * The topics with at least one presence.
   *
   * @example
   * presence.topics(); // ["lobby", "article:7"]
   */
  topics(): string[] {
    return this.tracker.topics();
  }

  /**
   * What an owner of this process holds, in no order: as tracked, not through `fetch`.
   *
   * @example
   * presence.presencesOf(socket).map(({ topic }) => topic);
   */
  presencesOf(
    owner: Owner,
  ): { readonly topic: string; readonly key: string; readonly meta: PresenceMeta<M> }[] {
    return this.tracker.presencesOf(owner);
  }

  /**
   * Follows a topic. The listener gets a message with the state soon, never before this returns, and then one for every
   * diff after it: what changed before the state is in it, nothing is missing, nothing is there twice. After a failure of
   * `fetch` it gets a fresh state in place of what it missed.
   *
   * What the listener throws is an `error` event; it misses that message only. Nobody waits for it.
   *
   * @param listener Gets `{ event, payload }`; `String(message)` is the JSON text of that.
   * @returns What ends it: the listener is not called again. Harmless when it is called twice.
   * @throws {InvalidArgumentError} for a topic or listener of the wrong kind; it is a `TypeError`.
   * @throws {LimitError} for a topic over `maxTopicBytes`.
   * @throws {ClosedError} after `close()`.
   * @example
   * const stop = presence.subscribe("article:7", (message) => socket.send(String(message)));
   * socket.once("close", stop);
   */
  subscribe(topic: string, listener: (message: PresenceMessage<P>) => unknown): () => void {
    if (this.#isClosed) throw new ClosedError("presence", "subscribe");
    assertFunction("listener", listener, "Pass what is to get the messages.");
    return this.#feedOf(admitTopic(topic, this.#options.maxTopicBytes)).subscribe(listener);
  }

  /**
   * Every replica that this one knows, itself first.
   *
   * @example
   * for (const { name, status, lag } of presence.replicas()) console.log(name, status, lag);
   */
  replicas(): ReplicaInfo[] {
    return this.tracker.replicas();
  }

  /**
   * What went over the transport since the presence was made.
   *
   * @example
   * presence.traffic().sentBytes;
   */
  traffic(): Traffic {
    return this.tracker.traffic();
  }

  /**
   * Calls `listener` at each event of this name. A `diff` has gone through `fetch`; as long as somebody listens to it, all
   * topics do. What a listener throws is an `error` event, and stops nobody.
   *
   * @example
   * presence.on("diff", (diff) => {
   *   for (const [topic, { joins, leaves }] of diff) console.log(topic, joins, leaves);
   * });
   */
  on<Name extends keyof PresenceEvents<P> & string>(
    name: Name,
    listener: (...parameters: PresenceEvents<P>[Name]) => unknown,
  ): this {
    this.#announcer.on(name, listener);
    return this;
  }

  /** The same as `on`, for code that expects the methods of `node:events`. */
  addListener<Name extends keyof PresenceEvents<P> & string>(
    name: Name,
    listener: (...parameters: PresenceEvents<P>[Name]) => unknown,
  ): this {
    return this.on(name, listener);
  }

  /**
   * Like `on`, for the next event only.
   *
   * @example
   * presence.once("replica-up", ({ name }) => console.log(`not alone: ${name}`));
   */
  once<Name extends keyof PresenceEvents<P> & string>(
    name: Name,
    listener: (...parameters: PresenceEvents<P>[Name]) => unknown,
  ): this {
    this.#announcer.once(name, listener);
    return this;
  }

  /**
   * Takes a listener off.
   *
   * @example
   * presence.off("diff", listener);
   */
  off<Name extends keyof PresenceEvents<P> & string>(
    name: Name,
    listener: (...parameters: PresenceEvents<P>[Name]) => unknown,
  ): this {
    this.#announcer.off(name, listener);
    for (const feed of this.#feeds.values()) feed.dropIfIdle();
    return this;
  }

  /** The same as `off`, for code that expects the methods of `node:events`. */
  removeListener<Name extends keyof PresenceEvents<P> & string>(
    name: Name,
    listener: (...parameters: PresenceEvents<P>[Name]) => unknown,
  ): this {
    return this.off(name, listener);
  }

  /**
   * How many listeners an event has.
   *
   * @example
   * presence.listenerCount("error"); // 0: an error becomes a process warning
   */
  listenerCount(name: keyof PresenceEvents<P> & string): number {
    return this.#announcer.listenerCount(name);
  }

  /**
   * Whether this node knows what the others do: `true` as soon as it has heard itself, one `broadcastPeriodMs` has passed
   * since, and it has all that those who were up then had. `false` after `timeoutMs` ms without, and when it is closed. A
   * node that waits for it before it serves never says "1 reading" during a deploy.
   *
   * @example
   * if (!(await presence.synced({ timeoutMs: 10_000 }))) console.warn("serving with what we know");
   * server.listen(4000);
   */
  synced(options?: { readonly timeoutMs?: number }): Promise<boolean> {
    return this.tracker.synced(options);
  }

  /**
   * Ends as if every owner here had ended: others let our presences wait for `leaveDelayMs`, or, with `leave`, see them
   * leave at once. Call it before you close the sockets. Subscribers and listeners are told nothing any more; reads go on
   * giving the last view. Resolves when all is said. The pub/sub stays open: it is yours.
   *
   * @throws {InvalidArgumentError} for a `leave` that is neither `true` nor `false`; it is a `TypeError`.
   * @example
   * process.once("SIGTERM", async () => {
   *   await presence.close();
   *   server.close();
   * });
   */
  close(options: { readonly leave?: boolean } = {}): Promise<void> {
    const leave = resolveLeaveOption(options);
    this.#isClosed = true;
    for (const feed of this.#feeds.values()) feed.close();
    return this.tracker.close({ leave });
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #read(topic: string): State<M> {
    return groupByKey(this.tracker.list(topic));
  }

  /** Tells what changed: each topic that somebody listens to in cuts of its own. */
  #take(diff: Diff<M>, cause: Cause): void {
    this.#keyWatch?.onDiff(diff, cause);
    this.#isTaking = true;
    for (const [topic, change] of diff) {
      const feed = this.#announcer.hasListeners("diff") ? this.#feedOf(topic) : this.#feeds.get(topic);
      feed?.change(change);
    }
    this.#isTaking = false;
    this.#announceChanges();
    this.#announcer.flush();
  }

  #feedOf(topic: string): TopicFeed<M, P> {
    const known = this.#feeds.get(topic);
    if (known !== undefined) return known;
    const { clock, diffWindowMs } = this.#options;
    const feed = new TopicFeed<M, P>({
      clock,
      diffWindowMs,
      read: () => this.#read(topic),
      hasQueuedDiff: () => this.tracker.hasQueuedDiff,
      hasDiffListeners: () => this.#announcer.hasListeners("diff"),
      project: (asked, settle) => this.#fetching.fetchAll(topic, asked, settle),
      deliver: (subscribers, message) => this.#deliver(subscribers, message),
      announce: (change) => this.#announceChange(topic, change),
      fail: (error) => this.#announcer.enqueue("error", () => [error]),
      flush: () => this.#announcer.flush(),
      drop: () => {
        if (this.#feeds.get(topic) === feed) this.#feeds.delete(topic);
      },
    });
    this.#feeds.set(topic, feed);
    return feed;
  }

  #deliver(subscribers: readonly Subscriber<P>[], message: PresenceMessage<P>): void {
    this.#announcer.enqueueCall(() => {
      for (const { listener, isGone } of subscribers)
        if (!isGone) this.#announcer.callListener(listener, message);
    });
  }

  #announceChange(topic: string, change: ProjectedChange<P>): void {
    if (this.#changes.has(topic)) this.#announceChanges();
    this.#changes.set(topic, change);
    if (!this.#isTaking) this.#announceChanges();
  }

  #announceChanges(): void {
    const changes = this.#changes;
    if (changes.size === 0) return;
    this.#changes = new Map();
    this.#announcer.enqueue("diff", () => [changes]);
  }

  #watchKeys(): KeyWatch | undefined {
    const { onKeyJoin, onKeyLeave } = this.#options;
    if (onKeyJoin === undefined && onKeyLeave === undefined) return undefined;
    return new KeyWatch({
      onKeyJoin,
      onKeyLeave,
      count: (topic, key) => this.tracker.count(topic, key),
      isAhead: () => this.tracker.hasQueuedDiff,
      call: (listener, ...parameters) =>
        this.#announcer.enqueueCall(() => this.#announcer.callListener(listener, ...parameters)),
    });
  }

  #relay<Name extends Exclude<keyof TrackerEvents & string, "diff">>(name: Name, told: unknown[]): void {
    this.#announcer.enqueue(name, () => told as unknown as PresenceEvents<P>[Name]);
    this.#announcer.flush();
  }
}
