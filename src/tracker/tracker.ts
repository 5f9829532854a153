import { directConstructionError } from "../checks/check-argument.ts";
import type { OrderedEmitter } from "../emitter/ordered-emitter.ts";
import type { Meta, PresenceMeta } from "../payload.ts";
import type { TrackerEvents } from "./events/tracker-events.ts";
import type { MetaArgument, MetaUpdate } from "./meta/meta-types.ts";
import { resolveLeaveOption, resolveTimeoutOption } from "./options/call-options.ts";
import type { Owner } from "./owners/owner.ts";
import type { ReplicaInfo } from "./replicas/replica-info.ts";
import { TrackerCore } from "./tracker-core.ts";
import type { Traffic } from "./transport/transport.ts";

/** Makes the tracker of a core. Its emitter is the one that the core uses. */
export let wrapCore: <M extends object, I>(
  core: TrackerCore<M>,
  emitter: OrderedEmitter<TrackerEvents<M>>,
) => Tracker<M, I>;

/**
 * The presences of a whole cluster, on each of its nodes. Reads and writes are synchronous, as the state is in this process.
 * `createTracker` makes one; the class itself is for types, `instanceof` and injection tokens.
 *
 * @example
 * const tracker = await createTracker({ pubsub: memoryPubSub() });
 * tracker.track(socket, "lobby", "alice", { device: "phone" });
 * tracker.count("lobby"); // 1, until the socket closes
 */
export class Tracker<M extends object = Meta, I = M> implements AsyncDisposable {
  static {
    wrapCore = (core, emitter) => new Tracker(core, emitter);
  }

  readonly #core: TrackerCore<M>;
  readonly #emitter: OrderedEmitter<TrackerEvents<M>>;

  private constructor(core: TrackerCore<M>, emitter: OrderedEmitter<TrackerEvents<M>>) {
    if (!(core instanceof TrackerCore))
      throw directConstructionError("Tracker", "await createTracker({ pubsub })");
    this.#core = core;
    this.#emitter = emitter;
  }

  /**
   * Adds a presence. It is visible in `list` when this call returns, and on other nodes moments later. It leaves when its
   * owner ends, or by `untrack`. An owner may hold many keys and topics, and a key may have many owners.
   *
   * If the owner has ended already, the presence joins and leaves at once.
   *
   * @param owner The socket itself, an `AbortSignal`, or a string whose end you report with `end`.
   * @param key A number becomes a string.
   * @param meta A plain JSON object; without one, an empty meta. The tracker copies it, and readers get it frozen.
   * @returns The `phx_ref` of the presence.
   * @throws {AlreadyTrackedError} when this owner holds this key in this topic.
   * @throws {InvalidArgumentError} for an owner, topic, key or meta of the wrong kind; it is a `TypeError`.
   * @throws {LimitError} when the topic, key or meta is too large, there are too many presences, or the owner has changed its
   * presences more often than `maxPresenceChangesPerSecond`.
   * @throws {ClosedError} after `close()`.
   * @example
   * tracker.track(socket, "article:7", "readers");
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
   * tracker.update(socket, "lobby", "alice", (meta) => ({ ...meta, typing: true }));
   */
  update(owner: Owner, topic: string, key: string | number, meta: MetaUpdate<M, I>): string {
    return this.#core.local.update(owner, topic, key, meta);
  }

  /**
   * Removes one presence of an owner, or all of them, at once. Does nothing if the owner has no such presence.
   *
   * @throws {InvalidArgumentError} for an owner, topic or key of the wrong kind, or a topic without a key; it is a `TypeError`.
   * @example
   * tracker.untrack(socket, "lobby", "alice");
   * tracker.untrack(socket); // all its topics, in one diff
   */
  untrack(owner: Owner, ...one: [] | [topic: string, key: string | number]): void {
    this.#core.local.untrack(owner, ...one);
  }

  /**
   * Reports that an owner has ended: its presences leave after `leaveDelayMs`. The tracker notices by itself when a socket
   * closes or a signal aborts, so only the end of a string needs this call.
   *
   * @throws {InvalidArgumentError} for an owner of the wrong kind; it is a `TypeError`.
   * @example
   * tracker.end(sessionId);
   */
  end(owner: Owner): void {
    this.#core.local.end(owner);
  }

  /**
   * Every presence of a topic whose replica is up, in order of arrival at this node.
   *
   * @example
   * for (const [key, meta] of tracker.list("lobby")) console.log(key, meta.phx_ref);
   */
  list(topic: string): [key: string, meta: PresenceMeta<M>][] {
    return this.#core.list(topic);
  }

  /**
   * The metas of one key of a topic. O(metas of the key), independent of the size of the topic.
   *
   * @example
   * tracker.getByKey("lobby", "alice").length; // alice's devices
   */
  getByKey(topic: string, key: string | number): PresenceMeta<M>[] {
    return this.#core.getByKey(topic, key);
  }

  /**
   * The number of presences of a topic, or of one key in it. O(1).
   *
   * @example
   * tracker.count("article:7", "readers"); // 12
   */
  count(topic: string, key?: string | number): number {
    return this.#core.count(topic, key);
  }

  /**
   * The number of keys of a topic. O(1), except for the first read by key of a topic, which counts its keys.
   *
   * @example
   * tracker.keyCount("lobby"); // users, where count is devices
   */
  keyCount(topic: string): number {
    return this.#core.keyCount(topic);
  }

  /**
   * The topics with at least one presence.
   *
   * @example
   * tracker.topics(); // ["lobby", "article:7"]
   */
  topics(): string[] {
    return this.#core.topics();
  }

  /**
   * The presences of an owner of this process, in no order.
   *
   * @throws {InvalidArgumentError} for an owner of the wrong kind; it is a `TypeError`.
   * @example
   * tracker.presencesOf(socket).map(({ topic }) => topic);
   */
  presencesOf(
    owner: Owner,
  ): { readonly topic: string; readonly key: string; readonly meta: PresenceMeta<M> }[] {
    return this.#core.local.presencesOf(owner);
  }

  /**
   * Every replica that this node knows, its own replica first.
   *
   * @example
   * for (const { name, status, lag } of tracker.replicas()) console.log(name, status, lag);
   */
  replicas(): ReplicaInfo[] {
    return this.#core.replicas();
  }

  /**
   * The messages and bytes that this node has sent and received since the tracker was created.
   *
   * @example
   * tracker.traffic().sentBytes;
   */
  traffic(): Traffic {
    return this.#core.traffic();
  }

  /**
   * Calls `listener` at each event of this name, before the call that causes the event returns. When a listener makes that
   * call, the new event follows once all listeners have got the current one. The error of a listener, thrown or rejected,
   * becomes an `error` event and stops no other listener.
   *
   * @throws {InvalidArgumentError} for an unknown event name, or a listener that is not a function; it is a `TypeError`.
   * @example
   * tracker.on("diff", (diff) => {
   *   for (const [topic, { joins, leaves }] of diff) console.log(topic, joins, leaves);
   * });
   */
  on<Name extends keyof TrackerEvents<M> & string>(
    name: Name,
    listener: (...parameters: TrackerEvents<M>[Name]) => unknown,
  ): this {
    this.#emitter.on(name, listener);
    return this;
  }

  /** The same as `on`, for code that expects the methods of `node:events`. */
  addListener<Name extends keyof TrackerEvents<M> & string>(
    name: Name,
    listener: (...parameters: TrackerEvents<M>[Name]) => unknown,
  ): this {
    return this.on(name, listener);
  }

  /**
   * Like `on`, for the next event only.
   *
   * @example
   * tracker.once("replica-up", ({ name }) => console.log(`first peer: ${name}`));
   */
  once<Name extends keyof TrackerEvents<M> & string>(
    name: Name,
    listener: (...parameters: TrackerEvents<M>[Name]) => unknown,
  ): this {
    this.#emitter.once(name, listener);
    return this;
  }

  /**
   * Removes a listener. One that was added twice needs two calls.
   *
   * @example
   * tracker.off("diff", listener);
   */
  off<Name extends keyof TrackerEvents<M> & string>(
    name: Name,
    listener: (...parameters: TrackerEvents<M>[Name]) => unknown,
  ): this {
    this.#emitter.off(name, listener);
    return this;
  }

  /** The same as `off`, for code that expects the methods of `node:events`. */
  removeListener<Name extends keyof TrackerEvents<M> & string>(
    name: Name,
    listener: (...parameters: TrackerEvents<M>[Name]) => unknown,
  ): this {
    return this.off(name, listener);
  }

  /**
   * The number of listeners of an event.
   *
   * @example
   * tracker.listenerCount("error"); // 0: an error becomes a process warning
   */
  listenerCount(name: keyof TrackerEvents<M> & string): number {
    return this.#emitter.listenerCount(name);
  }

  /**
   * Resolves with `true` when this node has caught up with its cluster: it has received its own heartbeat, one
   * `broadcastPeriodMs` has passed since then, and it has all presences of the replicas that were up at that time. Resolves
   * with `false` after `timeoutMs` ms, and when the tracker closes. A node that waits for it before it serves does not show
   * counts that are too low during a rolling deploy.
   *
   * @throws {InvalidArgumentError} for a `timeoutMs` that is not a number of at least 0; it is a `TypeError`.
   * @example
   * if (!(await tracker.synced({ timeoutMs: 10_000 }))) console.warn("serving before the initial sync is over");
   * server.listen(4000);
   */
  synced(options: { readonly timeoutMs?: number } = {}): Promise<boolean> {
    return this.#core.synced(resolveTimeoutOption(options));
  }

  /**
   * Leaves the cluster. Other nodes keep the presences of this node for `leaveDelayMs`, or remove them at once with `leave`.
   * Call it before you close the sockets. It emits no diff here, and reads still return the last state. Resolves when the
   * transport has sent the last messages, or after 2 s. It does not close the pub/sub, which is yours.
   *
   * @throws {InvalidArgumentError} for a `leave` that is neither `true` nor `false`; it is a `TypeError`.
   * @example
   * process.once("SIGTERM", async () => {
   *   await tracker.close();
   *   server.close();
   * });
   */
  close(options: { readonly leave?: boolean } = {}): Promise<void> {
    return this.#core.close(resolveLeaveOption(options));
  }

  /** Calls `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
