import { assertFunction, directConstructionError } from "../checks/check-argument.ts";
import type { OrderedEmitter } from "../emitter/ordered-emitter.ts";
import { ClosedError, InvalidArgumentError } from "../errors.ts";
import type { Meta, PresenceMeta, State } from "../payload.ts";
import { admitTopic } from "../tracker/admission/topics-and-keys.ts";
import type { MetaArgument, MetaUpdate } from "../tracker/meta/meta-types.ts";
import { resolveLeaveOption, resolveTimeoutOption } from "../tracker/options/call-options.ts";
import type { Owner } from "../tracker/owners/owner.ts";
import type { ReplicaInfo } from "../tracker/replicas/replica-info.ts";
import { TrackerCore } from "../tracker/tracker-core.ts";
import type { Traffic } from "../tracker/transport/transport.ts";
import { countedKeysOf } from "./count-only.ts";
import { MessageIterator } from "./message-iterator.ts";
import type { PresenceEvents } from "./presence-events.ts";
import type { PresenceMessage } from "./presence-message.ts";
import type { TopicReader } from "./projector.ts";
import type { ResolvedPresenceOptions } from "./resolve-presence-options.ts";
import {
  admitKeys,
  type ResolvedSubscribeOptions,
  resolveSubscribeOptions,
  type SubscribeOptions,
} from "./subscribe-options.ts";
import { type Subscription, TopicSubscription } from "./subscription.ts";
import type { Feeds } from "./topic-feeds.ts";

/** The parts of a presence. All use the same core and emitter. */
interface PresenceParts<M extends object, P extends object> {
  readonly options: ResolvedPresenceOptions<M, P>;
  readonly core: TrackerCore<M>;
  readonly emitter: OrderedEmitter<PresenceEvents<P>>;
  readonly reader: TopicReader<P>;
  readonly feeds: Feeds<P>;
}

/** Makes the presence of these parts. */
export let wrapPresenceParts: <M extends object, P extends object, I>(
  parts: PresenceParts<M, P>,
) => Presence<M, P, I>;

/**
 * The presences of a whole cluster, on each of its nodes, as your `fetch` shows them: a tracker with subscriptions to its
 * topics. Writes and counts are synchronous; what goes through `fetch` comes by a promise. `createPresence` makes one; the
 * class itself is for types, `instanceof` and injection tokens.
 *
 * @example
 * const presence = await createPresence({ pubsub: memoryPubSub(), fetch: countOnly("readers") });
 * presence.track(socket, "article:7", "readers");
 * presence.subscribe("article:7", (message) => socket.send(message.json), { owner: socket });
 */
export class Presence<M extends object = Meta, P extends object = State<M>, I = M>
  implements AsyncDisposable
{
  static {
    wrapPresenceParts = (parts) => new Presence(parts);
  }

  readonly #core: TrackerCore<M>;
  readonly #emitter: OrderedEmitter<PresenceEvents<P>>;
  readonly #reader: TopicReader<P>;
  readonly #feeds: Feeds<P>;
  readonly #maxTopicBytes: number;
  /** The only keys that readers see, if they see counts. */
  readonly #countedKeys: ReadonlySet<string> | undefined;
  #isClosed = false;

  private constructor(parts: PresenceParts<M, P>) {
    if (!(parts?.core instanceof TrackerCore))
      throw directConstructionError("Presence", "await createPresence({ pubsub })");
    this.#core = parts.core;
    this.#emitter = parts.emitter;
    this.#reader = parts.reader;
    this.#feeds = parts.feeds;
    this.#maxTopicBytes = parts.options.maxTopicBytes;
    this.#countedKeys = countedKeysOf(parts.options.fetch);
  }

  /**
   * Adds a presence. It is counted when this call returns, and on other nodes moments later. It leaves when its owner ends,
   * or by `untrack`. An owner may hold many keys and topics, and a key may have many owners.
   *
   * If the owner has ended already, the presence joins and leaves at once.
   *
   * @param owner The socket itself, an `AbortSignal`, or a string whose end you report with `end`.
   * @param key A number becomes a string.
   * @param meta A plain JSON object; without one, an empty meta. The presence copies it, and readers get it frozen.
   * @returns The `phx_ref` of the presence.
   * @throws {AlreadyTrackedError} when this owner holds this key in this topic.
   * @throws {InvalidArgumentError} for an owner, topic, key or meta of the wrong kind; it is a `TypeError`.
   * @throws {LimitError} when the topic, key or meta is too large, there are too many presences, or the owner has changed its
   * presences more often than `maxPresenceChangesPerSecond`.
   * @throws {ClosedError} after `close()`.
   * @example
   * presence.track(socket, "article:7", "readers");
   */
  track(owner: Owner, topic: string, key: string | number, ...meta: MetaArgument<I>): string;
  track(owner: Owner, topic: string, key: string | number, meta: unknown = {}): string {
    return this.#core.local.track(owner, topic, key, meta);
  }

  /**
   * Replaces the meta of a presence. One diff has the old meta in `leaves` and the new meta in `joins`.
   *
   * @param meta The new meta, or a function that makes it from the old one. If the function throws, nothing changes.
   * @returns The new `phx_ref`; the old one becomes `phx_ref_prev`.
   * @throws {NotTrackedError} when this owner does not hold this key in this topic.
   * @throws {InvalidArgumentError} for an owner, topic, key or meta of the wrong kind; it is a `TypeError`.
   * @throws {LimitError} when the meta is too large, or the owner changes its presences more often than
   * `maxPresenceChangesPerSecond`.
   * @throws {ClosedError} after `close()`.
   * @example
   * presence.update(socket, "lobby", "alice", (meta) => ({ ...meta, typing: true }));
   */
  update(owner: Owner, topic: string, key: string | number, meta: MetaUpdate<M, I>): string {
    return this.#core.local.update(owner, topic, key, meta);
  }

  /**
   * Removes one presence of an owner, or all of them, at once. Does nothing if the owner has no such presence.
   *
   * @throws {InvalidArgumentError} for an owner, topic or key of the wrong kind, or a topic without a key; it is a `TypeError`.
   * @example
   * presence.untrack(socket, "lobby", "alice");
   * presence.untrack(socket); // all its topics, in one diff
   */
  untrack(owner: Owner, ...one: [] | [topic: string, key: string | number]): void {
    this.#core.local.untrack(owner, ...one);
  }

  /**
   * Reports that an owner has ended: its presences leave after `leaveDelayMs`. The presence notices by itself when a socket
   * closes or a signal aborts, so only the end of a string needs this call.
   *
   * @throws {InvalidArgumentError} for an owner of the wrong kind; it is a `TypeError`.
   * @example
   * presence.end(sessionId);
   */
  end(owner: Owner): void {
    this.#core.local.end(owner);
  }

  /**
   * All presences of a topic, as `fetch` projects them.
   *
   * @throws {FetchError} when `fetch` throws, rejects, or returns no object.
   * @throws {FetchTimeoutError} after `fetchTimeoutMs`.
   * @example
   * const { readers } = await presence.list("article:7");
   */
  async list(topic: string): Promise<P> {
    return this.#reader.list(topic);
  }

  /**
   * One key of a topic, as `fetch` projects it. `fetch` gets this key only. Resolves with `undefined`, without a call of
   * `fetch`, if the topic does not have the key. O(metas of the key), independent of the size of the topic.
   *
   * @throws {FetchError} when `fetch` throws, rejects, or returns no object.
   * @throws {FetchTimeoutError} after `fetchTimeoutMs`.
   * @example
   * const alice = await presence.getByKey("lobby", "alice");
   */
  async getByKey(topic: string, key: string | number): Promise<P[keyof P] | undefined> {
    return this.#reader.getByKey(topic, key);
  }

  /**
   * The counts of a topic, for a presence whose `fetch` is what `countOnly` returns: the same as `list`, without a promise, as
   * the first HTML of a page needs it. O(counted keys).
   *
   * @throws {InvalidArgumentError} with another `fetch`; it is a `TypeError`.
   * @example
   * const { readers } = presence.counts("article:7"); // { count: 12 }
   */
  counts(topic: string): P {
    return this.#reader.counts(topic);
  }

  /**
   * The number of presences of a topic, or of one key in it. It does not call `fetch`. O(1).
   *
   * @example
   * presence.count("article:7", "readers"); // 12
   */
  count(topic: string, key?: string | number): number {
    return this.#core.count(topic, key);
  }

  /**
   * The number of keys of a topic. O(1), except for the first read by key of a topic, which counts its keys.
   *
   * @example
   * presence.keyCount("lobby"); // users, where count is devices
   */
  keyCount(topic: string): number {
    return this.#core.keyCount(topic);
  }

  /**
   * The topics with at least one presence.
   *
   * @example
   * presence.topics(); // ["lobby", "article:7"]
   */
  topics(): string[] {
    return this.#core.topics();
  }

  /**
   * The presences of an owner of this process, in no order. They are as tracked: they do not go through `fetch`.
   *
   * @throws {InvalidArgumentError} for an owner of the wrong kind; it is a `TypeError`.
   * @example
   * presence.presencesOf(socket).map(({ topic }) => topic);
   */
  presencesOf(
    owner: Owner,
  ): { readonly topic: string; readonly key: string; readonly meta: PresenceMeta<M> }[] {
    return this.#core.local.presencesOf(owner);
  }

  /**
   * Subscribes to a topic. The listener soon gets one message with the state, but never before this call returns, and then one
   * message per diff. The state includes all earlier changes: no change is missing or comes twice. After a failure of `fetch`
   * the listener gets a fresh state in place of the diffs that it missed.
   *
   * The error of a listener, thrown or rejected, becomes an `error` event, and the listener gets a state in place of that message: 1 s
   * later, and up to 30 s later while it goes on failing. A listener's promise is not awaited.
   *
   * With an `owner` the subscription ends with the owner, before its presences leave: a closing socket gets no message. One of an owner
   * that has ended already is returned ended. With `keys` the listener sees only these keys, and a change of others costs nothing.
   *
   * With `diffWindowMs`, a listener gets the first change at once and then at most one diff per window: the net change. New
   * subscribers get their state together with that diff, or at once if nothing has changed since the last state was made. All
   * subscribers of a topic that ask for the same window share one projection and one text.
   *
   * @param listener Gets `{ topic, event, payload }`; `message.json` is that as JSON text.
   * @returns The subscription, which `unsubscribe()` ends.
   * @throws {InvalidArgumentError} for a topic, listener or option of the wrong kind; it is a `TypeError`.
   * @throws {LimitError} for a topic over `maxTopicBytes`.
   * @throws {ClosedError} after `close()`.
   * @example
   * presence.subscribe("article:7", (message) => socket.send(message.json), { owner: socket, diffWindowMs: 50 });
   */
  subscribe(
    topic: string,
    listener: (message: PresenceMessage<P>) => unknown,
    options: SubscribeOptions = {},
  ): Subscription {
    if (this.#isClosed) throw new ClosedError("presence", "subscribe");
    assertFunction("listener", listener, "Pass the function that gets the messages.");
    const resolved = resolveSubscribeOptions(options, this.#countedKeys);
    return this.#subscribe(admitTopic(topic, this.#maxTopicBytes), listener, resolved);
  }

  /**
   * The messages of a topic, for `for await`: the same as a listener gets, with the same options. It subscribes at the first `next`. At
   * most 16 messages wait for a slow reader; then a state replaces them. The loop ends when the owner ends, the signal aborts, the
   * presence is closed, or at `break`.
   *
   * @throws {InvalidArgumentError} for a topic or option of the wrong kind; it is a `TypeError`.
   * @throws {LimitError} for a topic over `maxTopicBytes`.
   * @throws {ClosedError} after `close()`.
   * @example
   * for await (const message of presence.follow("article:7", { owner: response })) response.write(`data: ${message.json}\n\n`);
   */
  follow(
    topic: string,
    options: SubscribeOptions = {},
  ): AsyncIterableIterator<PresenceMessage<P>, undefined> {
    if (this.#isClosed) throw new ClosedError("presence", "follow");
    const resolved = resolveSubscribeOptions(options, this.#countedKeys);
    const topicName = admitTopic(topic, this.#maxTopicBytes);
    return new MessageIterator((listener, ended) => this.#subscribe(topicName, listener, resolved, ended));
  }

  #subscribe(
    topic: string,
    listener: (message: PresenceMessage<P>) => unknown,
    options: ResolvedSubscribeOptions,
    ended?: () => void,
  ): TopicSubscription {
    return new TopicSubscription({
      owners: options.owners,
      onEnd: (owner, onEnd) => (this.#isClosed ? undefined : this.#core.local.onEnd(owner, onEnd)),
      subscribe: (onEnd) => this.#feeds.subscribe(topic, listener, options, onEnd),
      admitKeys: (keys) => {
        if (options.keys !== undefined) return admitKeys(keys, this.#countedKeys);
        throw new InvalidArgumentError(
          "The subscription was made without keys, so it has all keys of the topic. Subscribe with keys: [] to add and remove keys.",
        );
      },
      ...(ended && { ended }),
    });
  }

  /**
   * Every replica that this node knows, its own replica first.
   *
   * @example
   * for (const { name, status, lag } of presence.replicas()) console.log(name, status, lag);
   */
  replicas(): ReplicaInfo[] {
    return this.#core.replicas();
  }

  /**
   * The messages and bytes that this node has sent and received since the presence was created.
   *
   * @example
   * presence.traffic().sentBytes;
   */
  traffic(): Traffic {
    return this.#core.traffic();
  }

  /**
   * Calls `listener` at each event of this name. A `diff` goes through `fetch` first, for all topics, as long as the event has a
   * listener. The error of a listener, thrown or rejected, becomes an `error` event and stops no other listener.
   *
   * @throws {InvalidArgumentError} for an unknown event name, or a listener that is not a function; it is a `TypeError`.
   * @example
   * presence.on("diff", (diff) => {
   *   for (const [topic, { joins, leaves }] of diff) console.log(topic, joins, leaves);
   * });
   */
  on<Name extends keyof PresenceEvents<P> & string>(
    name: Name,
    listener: (...parameters: PresenceEvents<P>[Name]) => unknown,
  ): this {
    this.#emitter.on(name, listener);
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
   * presence.once("replica-up", ({ name }) => console.log(`first peer: ${name}`));
   */
  once<Name extends keyof PresenceEvents<P> & string>(
    name: Name,
    listener: (...parameters: PresenceEvents<P>[Name]) => unknown,
  ): this {
    this.#emitter.once(name, listener);
    return this;
  }

  /**
   * Removes a listener. One that was added twice needs two calls.
   *
   * @example
   * presence.off("diff", listener);
   */
  off<Name extends keyof PresenceEvents<P> & string>(
    name: Name,
    listener: (...parameters: PresenceEvents<P>[Name]) => unknown,
  ): this {
    this.#emitter.off(name, listener);
    this.#feeds.dropIdle();
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
   * The number of listeners of an event.
   *
   * @example
   * presence.listenerCount("error"); // 0: an error becomes a process warning
   */
  listenerCount(name: keyof PresenceEvents<P> & string): number {
    return this.#emitter.listenerCount(name);
  }

  /**
   * Resolves with `true` when this node has caught up with its cluster: it has received its own heartbeat, one
   * `broadcastPeriodMs` has passed since then, and it has all presences of the replicas that were up at that time. Resolves
   * with `false` after `timeoutMs` ms, and when the presence closes. A node that waits for it before it serves does not show
   * counts that are too low during a rolling deploy.
   *
   * @throws {InvalidArgumentError} for a `timeoutMs` that is not a number of at least 0; it is a `TypeError`.
   * @example
   * if (!(await presence.synced({ timeoutMs: 10_000 }))) console.warn("serving before the initial sync is over");
   * server.listen(4000);
   */
  synced(options: { readonly timeoutMs?: number } = {}): Promise<boolean> {
    return this.#core.synced(resolveTimeoutOption(options));
  }

  /**
   * Leaves the cluster. Other nodes keep the presences of this node for `leaveDelayMs`, or remove them at once with `leave`.
   * Call it before you close the sockets. Subscribers and listeners get nothing more, and reads still return the last state.
   * Resolves when the transport has sent the last messages, or after 2 s. It does not close the pub/sub, which is yours.
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
    this.#feeds.close();
    return this.#core.close(leave);
  }

  /** Calls `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
