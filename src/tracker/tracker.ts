import { assertNoUnknownOptions, assertOptionsObject, checkArgument } from "../checks/check-argument.ts";
import type { Change } from "../crdt/change.ts";
import { OrderedEmitter } from "../emitter/ordered-emitter.ts";
import { AlreadyTrackedError, ClosedError, NotTrackedError, type RollcallError } from "../errors.ts";
import type { Meta, PresenceMeta } from "../payload.ts";
import type { Cause, LocalChange, ReplicationEffect, ReplicationEvent } from "../replication/events.ts";
import { Replication } from "../replication/replication.ts";
import { Alarm } from "../time/alarm.ts";
import { CODECS, type Codecs } from "../wire/codec.ts";
import { messageSizeCheck } from "./admission/presence-limits.ts";
import {
  admitKey,
  admitTopic,
  assertBelowLimit,
  lookUpKey,
  lookUpTopic,
} from "./admission/topics-and-keys.ts";
import {
  type Diagnostics,
  type DiagnosticsPayload,
  hasSubscribers,
  publishDiagnostics,
} from "./events/diagnostics.ts";
import { diffOf } from "./events/diff.ts";
import { type ReplicaIdentity, TRACKER_EVENT_NAMES, type TrackerEvents } from "./events/tracker-events.ts";
import { admitMeta } from "./meta/admit-meta.ts";
import { isSameMeta } from "./meta/same-meta.ts";
import { resolveTrackerOptions } from "./options/resolve-tracker-options.ts";
import type { ResolvedTrackerOptions, TrackerOptions } from "./options/tracker-options.ts";
import { assertOwner, hasEnded, type Owner } from "./owners/owner.ts";
import { OwnerRegistry } from "./owners/owner-registry.ts";
import { replicaIdGenerator } from "./replicas/replica-ids.ts";
import { identityOf, type ReplicaInfo, replicaInfos } from "./replicas/replica-info.ts";
import { SyncedWaiters } from "./replicas/synced-waiters.ts";
import { type Traffic, Transport } from "./transport/transport.ts";
import { VersionNegotiation } from "./transport/version-negotiation.ts";

/** So long we wait at most for the transport to take our last words, in ms. */
const FAREWELL_MS = 2_000;

const UNLIMITED = Number.POSITIVE_INFINITY;

/**
 * Who is here, on every process of a cluster. Reads and writes are synchronous: the state is in this process.
 * Made by `createTracker`.
 *
 * @example
 * const tracker = await createTracker({ pubsub: memoryPubSub() });
 * tracker.track(socket, "lobby", "alice", { device: "phone" });
 * tracker.count("lobby"); // 1, until the socket closes
 */
export class Tracker<M extends object = Meta> implements AsyncDisposable {
  /** @internal For the simulator and the inspector. */
  readonly replication: Replication;
  readonly #options: ResolvedTrackerOptions<M>;
  readonly #transport: Transport;
  readonly #alarm: Alarm;
  readonly #announcer = new OrderedEmitter<TrackerEvents<M>>(TRACKER_EVENT_NAMES);
  readonly #owners = new OwnerRegistry();
  readonly #synced: SyncedWaiters;
  #stopWatching: (() => void) | undefined = undefined;
  #hasBegun = false;
  #isClosed = false;
  /** How many steps are being carried out: listeners wait until none is. */
  #steps = 0;
  #closing: Promise<void> = Promise.resolve();
  #finishClosing: () => void = () => {};

  /** @internal Made by `createTracker`, which subscribes it. */
  constructor(options: TrackerOptions<M>, codecs: Codecs = CODECS) {
    this.#options = resolveTrackerOptions(options);
    const { clock, pubsub, clusterName, replicaName, random, downPeriodMs } = this.#options;
    const newId = replicaIdGenerator(options.random);
    const id = newId();
    const self = { name: replicaName ?? id, id, startedAt: Math.max(0, Math.floor(clock.wallNow())) };
    const admit = messageSizeCheck(this.#options);
    this.replication = new Replication({ ...this.#options, self, random, newId, ...(admit && { admit }) });
    this.#synced = new SyncedWaiters(clock);
    this.#alarm = new Alarm(clock, () => this.#step({ type: "tick" }));
    this.#transport = new Transport(
      {
        pubsub,
        clusterName,
        version: new VersionNegotiation(codecs, downPeriodMs, clock.now()),
        clock,
        // Before it begins nobody else is to know of it: it may never begin. Nor could anybody hear its warnings.
        isListening: () => this.#hasBegun,
        receive: (message) => this.#step({ type: "message", message }),
        warn: (warning) => this.#announce("warning", warning),
        fail: (error) => this.#announce("error", error),
        observe: (name, told) => this.#observe(name, told),
      },
      id,
    );
  }

  /** @internal Resolves when the transport is subscribed, and rejects with its error. */
  async subscribe(): Promise<void> {
    try {
      await this.#transport.subscribe();
    } catch (error) {
      this.#transport.unsubscribe();
      throw error;
    }
  }

  /** @internal From now on it beats. */
  begin(): void {
    this.#hasBegun = true;
    this.#step({ type: "start" });
    let wasConnected = true;
    this.#stopWatching = this.#options.pubsub.watchConnection?.((isConnected) => {
      if (isConnected === wasConnected) return;
      wasConnected = isConnected;
      this.#step({ type: isConnected ? "connected" : "disconnected" });
    });
  }

  /** @internal Whether what is read is ahead of what the `diff` events have told: more of them are queued. */
  get hasQueuedDiff(): boolean {
    return this.#announcer.isQueued("diff");
  }

  /**
   * Adds a presence: visible in `list` when this returns, and on other nodes moments later. It leaves when its owner
   * ends, or by `untrack`. An owner may hold many keys and topics, and many owners the same key.
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
   * tracker.track(socket, "article:7", "readers");
   */
  track(owner: Owner, topic: string, key: string | number, meta: M = {} as M): string {
    this.#assertOpen("track");
    assertOwner(owner);
    const { maxTopicBytes, maxKeyBytes, maxMetaBytes, meta: schema } = this.#options;
    const name = admitTopic(topic, maxTopicBytes);
    const group = admitKey(key, maxKeyBytes);
    const content = admitMeta(meta, schema, maxMetaBytes);
    if (hasEnded(owner)) return this.#pass(name, group, content);
    const held = this.#owners.numberOf(owner);
    const revived = held === undefined ? undefined : this.#revive(held, owner, name, group, content);
    return revived ?? this.#join(held, owner, name, group, content);
  }

  /**
   * Replaces the meta of a presence: one diff, with the old meta in `leaves` and the new one in `joins`.
   *
   * @param meta The new meta, or a function that makes it of the old one. Where it throws, nothing is changed.
   * @returns Its new `phx_ref`; the one before is its `phx_ref_prev`.
   * @throws {NotTrackedError} when this owner does not hold this key in this topic.
   * @throws {InvalidArgumentError} for an owner, topic, key or meta of the wrong kind; it is a `TypeError`.
   * @throws {LimitError} when the meta is too large.
   * @throws {ClosedError} after `close()`.
   * @example
   * tracker.update(socket, "lobby", "alice", (meta) => ({ ...meta, typing: true }));
   */
  update(
    owner: Owner,
    topic: string,
    key: string | number,
    meta: M | ((meta: PresenceMeta<M>) => M),
  ): string {
    this.#assertOpen("update");
    const name = lookUpTopic(topic);
    const group = lookUpKey(key);
    const number = this.#numberOf(owner);
    const presence = number === undefined ? undefined : this.replication.presences.get(number, name, group);
    if (number === undefined || presence === undefined) throw new NotTrackedError(name, group);
    const next = typeof meta === "function" ? meta(presence.meta as PresenceMeta<M>) : meta;
    const { maxMetaBytes, meta: schema } = this.#options;
    return this.#update(number, name, group, admitMeta(next, schema, maxMetaBytes));
  }

  /**
   * Removes one presence of an owner, or all of them, at once. Does nothing where there is none.
   *
   * @throws {InvalidArgumentError} for an owner, topic or key of the wrong kind, as a topic without a key; it is a `TypeError`.
   * @example
   * tracker.untrack(socket, "lobby", "alice");
   * tracker.untrack(socket); // all its topics: one diff
   */
  untrack(owner: Owner, ...one: [] | [topic: string, key: string | number]): void {
    // A topic that is undefined by mistake must not take the owner out of all others.
    const place = one.length === 0 ? undefined : ([lookUpTopic(one[0]), lookUpKey(one[1])] as const);
    const number = this.#numberOf(owner);
    if (number === undefined || this.#isClosed) return;
    const now = this.#options.clock.now();
    this.#carryOutAll(
      place === undefined
        ? this.replication.leaveAll(number, now)
        : this.replication.leave(number, ...place, now),
    );
  }

  /**
   * Says that an owner has ended: its presences leave, after `leaveDelayMs`. It happens by itself when a socket closes
   * or a signal aborts; for a string only you know.
   *
   * @example
   * tracker.end(sessionId);
   */
  end(owner: Owner): void {
    const number = this.#numberOf(owner);
    if (number !== undefined) this.#end(number);
  }

  /**
   * Every presence of a topic whose replica is up, in order of arrival at this node.
   *
   * @example
   * for (const [key, meta] of tracker.list("lobby")) console.log(key, meta.phx_ref);
   */
  list(topic: string): [key: string, meta: PresenceMeta<M>][] {
    return this.replication.presences.list(lookUpTopic(topic)) as [string, PresenceMeta<M>][];
  }

  /**
   * The metas of one key of a topic. Costs what they are, not what the topic is.
   *
   * @example
   * tracker.getByKey("lobby", "alice").length; // her devices
   */
  getByKey(topic: string, key: string | number): PresenceMeta<M>[] {
    return this.replication.presences.getByKey(lookUpTopic(topic), lookUpKey(key)) as PresenceMeta<M>[];
  }

  /**
   * How many presences a topic has, or one key of it. Kept, not computed: O(1).
   *
   * @example
   * tracker.count("article:7", "readers"); // 12
   */
  count(topic: string, key?: string | number): number {
    return this.replication.presences.count(
      lookUpTopic(topic),
      key === undefined ? undefined : lookUpKey(key),
    );
  }

  /**
   * How many keys a topic has. O(1), once the topic was read by key.
   *
   * @example
   * tracker.keyCount("lobby"); // people, where count is devices
   */
  keyCount(topic: string): number {
    return this.replication.presences.keyCount(lookUpTopic(topic));
  }

  /**
   * The topics with at least one presence.
   *
   * @example
   * tracker.topics(); // ["lobby", "article:7"]
   */
  topics(): string[] {
    return this.replication.presences.topics();
  }

  /**
   * What an owner of this process holds, in no order.
   *
   * @example
   * tracker.presencesOf(socket).map(({ topic }) => topic);
   */
  presencesOf(
    owner: Owner,
  ): { readonly topic: string; readonly key: string; readonly meta: PresenceMeta<M> }[] {
    const number = this.#numberOf(owner);
    if (number === undefined) return [];
    return this.replication.presences
      .presencesOf(number)
      .map(({ topic, key, meta }) => ({ topic, key, meta: meta as PresenceMeta<M> }));
  }

  /**
   * Every replica that this one knows, itself first.
   *
   * @example
   * for (const { name, status, lag } of tracker.replicas()) console.log(name, status, lag);
   */
  replicas(): ReplicaInfo[] {
    return replicaInfos(this.replication, this.#options.clock.now());
  }

  /**
   * What went over the transport since the tracker was made.
   *
   * @example
   * tracker.traffic().sentBytes;
   */
  traffic(): Traffic {
    return this.#transport.traffic;
  }

  /**
   * Calls `listener` at each event of this name: before the call that causes it returns, or, where a listener makes that
   * call, once the present event has reached all. What it throws is an `error` event, and stops nobody.
   *
   * @throws {InvalidArgumentError} for an event that there is not, or a listener that is no function; it is a `TypeError`.
   * @example
   * tracker.on("diff", (diff) => {
   *   for (const [topic, { joins, leaves }] of diff) console.log(topic, joins, leaves);
   * });
   */
  on<Name extends keyof TrackerEvents<M> & string>(
    name: Name,
    listener: (...parameters: TrackerEvents<M>[Name]) => unknown,
  ): this {
    this.#announcer.on(name, listener);
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
   * tracker.once("replica-up", ({ name }) => console.log(`not alone: ${name}`));
   */
  once<Name extends keyof TrackerEvents<M> & string>(
    name: Name,
    listener: (...parameters: TrackerEvents<M>[Name]) => unknown,
  ): this {
    this.#announcer.once(name, listener);
    return this;
  }

  /**
   * Takes a listener off.
   *
   * @example
   * tracker.off("diff", listener);
   */
  off<Name extends keyof TrackerEvents<M> & string>(
    name: Name,
    listener: (...parameters: TrackerEvents<M>[Name]) => unknown,
  ): this {
    this.#announcer.off(name, listener);
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
   * How many listeners an event has.
   *
   * @example
   * tracker.listenerCount("error"); // 0: an error becomes a process warning
   */
  listenerCount(name: keyof TrackerEvents<M> & string): number {
    return this.#announcer.listenerCount(name);
  }

  /**
   * Whether this node knows what the others do: `true` as soon as it has heard itself, one `broadcastPeriodMs` has passed
   * since, and it has all that those who were up then had. `false` after `timeoutMs` ms without, and when it is closed. A
   * node that waits for it before it serves never says "1 reading" during a deploy.
   *
   * @throws {InvalidArgumentError} for a `timeoutMs` that is no number of at least 0; it is a `TypeError`.
   * @example
   * if (!(await tracker.synced({ timeoutMs: 10_000 }))) console.warn("serving with what we know");
   * server.listen(4000);
   */
  synced(options: { readonly timeoutMs?: number } = {}): Promise<boolean> {
    assertOptionsObject(options, "Pass { timeoutMs: 10_000 }, or nothing to wait for as long as it takes.");
    const { timeoutMs = Number.POSITIVE_INFINITY, ...unknown } = options;
    assertNoUnknownOptions(unknown, { timeoutMs });
    const isTime = typeof timeoutMs === "number" && timeoutMs >= 0;
    checkArgument("timeoutMs", timeoutMs, isTime, "a number of ms of at least 0");
    return this.#synced.wait(timeoutMs);
  }

  /**
   * Ends as if every owner here had ended: others let our presences wait for `leaveDelayMs`, or, with `leave`, see them
   * leave at once. Call it before you close the sockets. No diff is emitted here, reads go on giving the last view.
   * Resolves when all is said, and the transport has it, or has not taken it for 2 s. The pub/sub stays open: it is yours.
   *
   * @throws {InvalidArgumentError} for a `leave` that is neither `true` nor `false`; it is a `TypeError`.
   * @example
   * process.once("SIGTERM", async () => {
   *   await tracker.close();
   *   server.close();
   * });
   */
  close(options: { readonly leave?: boolean } = {}): Promise<void> {
    const leave = resolveLeaveOption(options);
    if (this.#isClosed) return this.#closing;
    this.#isClosed = true;
    this.#closing = new Promise((resolve) => {
      this.#finishClosing = resolve;
    });
    this.#stopWatching?.();
    this.#synced.settle(false);
    this.#step({ type: "close", lingerMs: leave ? 0 : this.#options.leaveDelayMs });
    this.#owners.unwatchAll();
    return this.#closing;
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #join(held: number | undefined, owner: Owner, topic: string, key: string, content: Meta): string {
    if (held !== undefined && this.replication.presences.get(held, topic, key) !== undefined)
      throw new AlreadyTrackedError(topic, key);
    this.#assertRoom(held, topic, key);
    const number = this.#owners.hold(owner, this.#end);
    try {
      return this.#applied(this.replication.join(number, topic, key, content, this.#options.clock.now()));
    } catch (error) {
      this.#releaseIdle(number);
      throw error;
    }
  }

  /** The owner ended a moment ago, and is here again: nothing happened, but for what it says of itself now. */
  #revive(number: number, owner: Owner, topic: string, key: string, content: Meta): string | undefined {
    const { presences } = this.replication;
    const presence = presences.get(number, topic, key);
    if (presence === undefined || !presences.isPendingLeave(number, topic, key)) return undefined;
    const meta = isSameMeta(presence.meta, content) ? undefined : content;
    const now = this.#options.clock.now();
    const ref = this.#applied(this.replication.revive(number, topic, key, meta, now));
    this.#releaseIdle(this.#owners.hold(owner, this.#end));
    return ref;
  }

  #update(number: number, topic: string, key: string, content: Meta): string {
    return this.#applied(this.replication.update(number, topic, key, content, this.#options.clock.now()));
  }

  /** Of an owner that has ended: here and gone, without anybody making room for it. */
  #pass(topic: string, key: string, content: Meta): string {
    const number = this.#owners.hold(AbortSignal.abort(), this.#end);
    try {
      const { clock } = this.#options;
      const ended = { ownerHasEnded: true };
      const ref = this.#applied(this.replication.join(number, topic, key, content, clock.now(), ended));
      this.#carryOutAll(this.replication.leave(number, topic, key, clock.now()));
      return ref;
    } finally {
      this.#releaseIdle(number);
    }
  }

  readonly #end = (number: number): void => {
    if (!this.#isClosed) this.#carryOutAll(this.replication.end(number, this.#options.clock.now()));
  };

  /** A presence that waits makes room for one of its topic and key. */
  #assertRoom(owner: number | undefined, topic: string, key: string): void {
    const { maxPerOwner, maxPerKey, maxPerTopic } = this.#options;
    const { presences } = this.replication;
    if (owner !== undefined) assertBelowLimit("maxPerOwner", presences.countOf(owner), maxPerOwner);
    // To count by key makes the topic's index by key: only who sets a limit pays for it.
    if (maxPerKey === UNLIMITED && maxPerTopic === UNLIMITED) return;
    const leaving = Math.min(1, presences.pendingLeaveCount(topic, key));
    if (maxPerKey < UNLIMITED)
      assertBelowLimit("maxPerKey", presences.count(topic, key) - leaving, maxPerKey);
    assertBelowLimit("maxPerTopic", presences.count(topic) - leaving, maxPerTopic);
  }

  /** Where there is none it may be that nobody could: a mistake would else look like an owner that holds nothing. */
  #numberOf(owner: Owner): number | undefined {
    const number = this.#owners.numberOf(owner);
    if (number === undefined) assertOwner(owner);
    return number;
  }

  #assertOpen(call: string): void {
    if (this.#isClosed) throw new ClosedError("tracker", call);
  }

  #step(event: ReplicationEvent): void {
    this.#carryOutAll(this.replication.step(event, this.#options.clock.now()));
  }

  /** Returns the ref of the presence. */
  #applied({ presence, effects }: LocalChange): string {
    this.#carryOutAll(effects);
    return presence.ref;
  }

  #carryOutAll(effects: readonly ReplicationEffect[]): void {
    this.#steps++;
    try {
      for (const effect of effects) this.#carryOut(effect);
    } finally {
      this.#steps--;
    }
    this.#tell();
  }

  /** What a listener calls would otherwise be told before what is still to be carried out. */
  #tell(): void {
    if (this.#steps === 0) this.#announcer.flush();
  }

  #carryOut(effect: ReplicationEffect): void {
    switch (effect.type) {
      case "publish":
        this.#transport.publish(effect.sender, effect.outgoing);
        break;
      case "alarm":
        this.#alarm.set(effect.at, this.#isClosed);
        break;
      case "diff":
        for (const { replica, owner } of effect.change.leaves) {
          if (replica === this.replication.self.id) this.#releaseIdle(owner);
        }
        if (!this.#isClosed) this.#announceDiff(effect.change, effect.cause);
        break;
      case "replica":
        this.#announceReplica(effect.status, identityOf(effect.replica));
        break;
      case "warning":
        this.#announce("warning", effect.warning);
        break;
      case "resubscribe":
        this.#transport.resubscribe();
        break;
      case "renamed":
        this.#transport.changeId(effect.to.id);
        break;
      case "synced":
        this.#synced.settle(true);
        break;
      case "closed":
        this.#alarm.clear();
        this.#transport.unsubscribe();
        void this.#transport.whenSent(FAREWELL_MS).then(this.#finishClosing);
        break;
    }
  }

  /** Nothing is kept of an owner that holds nothing. */
  #releaseIdle(number: number): void {
    if (this.replication.presences.countOf(number) === 0) this.#owners.release(number);
  }

  #announceDiff(change: Change, cause: Cause): void {
    this.#announcer.enqueue("diff", () => [diffOf<M>(change), cause]);
    if (!hasSubscribers("rollcall:diff")) return;
    this.#observe("rollcall:diff", { joins: change.joins.length, leaves: change.leaves.length, cause });
  }

  #announceReplica(status: "up" | "down" | "permdown", replica: ReplicaIdentity): void {
    this.#announcer.enqueue(`replica-${status}`, () => [replica]);
    if (hasSubscribers("rollcall:replica")) this.#observe("rollcall:replica", { status, replica });
  }

  #announce(name: "warning" | "error", error: RollcallError): void {
    this.#announcer.enqueue(name, () => [error]);
    if (hasSubscribers(`rollcall:${name}`)) this.#observe(`rollcall:${name}`, { error });
    this.#tell();
  }

  /** In turn with the events: who subscribed may call us, and is not to come between the parts of a step. */
  #observe<Name extends keyof Diagnostics>(name: Name, told: DiagnosticsPayload<Name>): void {
    const origin = { clusterName: this.#options.clusterName, replicaName: this.replication.self.name };
    this.#announcer.enqueueCall(() => publishDiagnostics(name, origin, told));
    this.#tell();
  }
}

/** @throws {InvalidArgumentError} for what `close` can't be given. */
export function resolveLeaveOption(options: { readonly leave?: boolean }): boolean {
  assertOptionsObject(options, "Pass { leave: true }, or nothing.");
  const { leave = false, ...unknown } = options;
  assertNoUnknownOptions(unknown, { leave });
  checkArgument("leave", leave, typeof leave === "boolean", "true or false");
  return leave;
}
