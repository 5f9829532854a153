import type { Change } from "../crdt/change.ts";
import type { Fragment } from "../crdt/fragment.ts";
import { PresenceSet } from "../crdt/presence-set.ts";
import { DivergedError, NotTrackedError } from "../errors.ts";
import type { Meta } from "../payload.ts";
import type { Heartbeat, Push, ReplicaIncarnation, ReplicaMessage } from "../wire/replica-message.ts";
import { Departures, type LingeringReplica } from "./departures.ts";
import type { Cause, LocalChange, ReplicationEffect, ReplicationEvent } from "./events.ts";
import { HearingMonitor, type ReadonlyHearing } from "./hearing.ts";
import { HeartbeatIntervals } from "./heartbeat-intervals.ts";
import { Identity } from "./identity.ts";
import { InitialSync } from "./initial-sync.ts";
import type { Member } from "./member.ts";
import { Members, type ReadonlyMembers } from "./members.ts";
import { Membership } from "./membership.ts";
import { NameConflicts } from "./name-conflicts.ts";
import { PresenceView } from "./presence-view.ts";
import { Pulls } from "./pulls.ts";
import { ResubscribingError } from "./replication-errors.ts";
import type { ReplicationOptions } from "./replication-options.ts";
import { Sending } from "./sending.ts";
import { SilenceDetector } from "./silence-detector.ts";
import { Step } from "./step.ts";
import { type ReadonlyTombstones, Tombstones } from "./tombstones.ts";

const NEVER = Number.POSITIVE_INFINITY;

/**
 * The protocol, as a state machine without I/O. Verbs change it, and each returns the effects for its caller to carry out. It
 * has no clock, timer, socket or randomness of its own, so one seed replays a whole cluster. Times are in ms of any monotonic
 * clock.
 */
export class Replication {
  readonly presences: PresenceView;
  /** The peers that this replica has heard directly and that have not left. */
  readonly members: ReadonlyMembers;
  /** The ids of incarnations that are gone for good. */
  readonly tombstones: ReadonlyTombstones;
  /** Whether this replica and its peers hear each other. */
  readonly hearing: ReadonlyHearing;
  readonly #set: PresenceSet;
  readonly #members = new Members();
  readonly #tombstones: Tombstones;
  readonly #departures: Departures;
  readonly #broadcastPeriodMs: number;
  readonly #supersedes: boolean;
  readonly #step = new Step();
  readonly #heartbeatIntervals: HeartbeatIntervals;
  readonly #identity: Identity;
  readonly #silenceDetector: SilenceDetector;
  readonly #sending: Sending;
  readonly #membership: Membership;
  readonly #pulls: Pulls;
  readonly #initialSync: InitialSync;
  readonly #nameConflicts: NameConflicts;
  readonly #hearing: HearingMonitor;
  #periodAt = NEVER;
  #alarmAt = NEVER;

  constructor(options: ReplicationOptions) {
    const { self, admit, broadcastPeriodMs, permdownPeriodMs, leaveDelayMs } = options;
    const heartbeatIntervalMs = (options.maxSilentPeriods + 1) * broadcastPeriodMs;
    this.#broadcastPeriodMs = broadcastPeriodMs;
    this.#supersedes = options.counts === undefined;
    this.#heartbeatIntervals = new HeartbeatIntervals(heartbeatIntervalMs, this.#step);
    this.#set = new PresenceSet({ replica: self.id, ...(admit && { admit }) });
    this.#tombstones = new Tombstones(permdownPeriodMs);
    this.#departures = new Departures(this.#set, this.#step, leaveDelayMs);
    this.presences = new PresenceView(this.#set, this.#departures);
    this.members = this.#members;
    this.tombstones = this.#tombstones;
    this.#identity = new Identity(options);
    this.#silenceDetector = new SilenceDetector({ broadcastPeriodMs, heartbeatIntervalMs });
    const shared = {
      set: this.#set,
      step: this.#step,
      members: this.#members,
      tombstones: this.#tombstones,
      departures: this.#departures,
      identity: this.#identity,
      silenceDetector: this.#silenceDetector,
    };
    this.#sending = new Sending({ ...options, ...shared, heartbeatIntervalMs });
    this.#pulls = new Pulls({
      set: this.#set,
      pullTimeoutMs: broadcastPeriodMs,
      isInTouch: (peer) => this.#isInTouch(peer),
      afterFlushDelay: () => this.#sending.afterFlushDelay(),
    });
    this.#membership = new Membership({ ...options, ...shared, pulls: this.#pulls });
    this.#initialSync = new InitialSync(this.#members, broadcastPeriodMs);
    this.#hearing = new HearingMonitor({ ...options, ...shared, heartbeatIntervalMs });
    this.hearing = this.#hearing;
    this.#nameConflicts = new NameConflicts({
      ...shared,
      pulls: this.#pulls,
      sending: this.#sending,
      heartbeatIntervalMs,
    });
  }

  /** The current identity of this replica. */
  get self(): ReplicaIncarnation {
    return this.#identity.self;
  }

  /** The replicas that have left and whose presences are still listed. */
  get lingering(): Iterable<LingeringReplica> {
    return this.#departures.lingering();
  }

  /**
   * Adds a presence. It supersedes the oldest pending leave with its topic and key, unless its own owner has ended already.
   *
   * @throws {AlreadyTrackedError} when this owner has a presence with this topic and key. Nothing is changed.
   */
  join(
    owner: number,
    topic: string,
    key: string,
    meta: Meta,
    now: number,
    { ownerHasEnded = false }: { readonly ownerHasEnded?: boolean } = {},
  ): LocalChange {
    const presence = this.#set.join(owner, topic, key, meta);
    const change = { joins: [presence], leaves: [] };
    const effects = this.#apply(ownerHasEnded ? change : this.#departures.addSuperseded(change), now);
    return { presence, effects };
  }

  /**
   * Replaces the meta of a presence. It supersedes no pending leave. If the presence is a pending leave itself, it stays one.
   *
   * @throws {NotTrackedError} when this owner has no presence with this topic and key. Nothing is changed.
   */
  update(owner: number, topic: string, key: string, meta: Meta, now: number): LocalChange {
    const change = this.#set.update(owner, topic, key, meta);
    return { presence: change.joins[0]!, effects: this.#apply(this.#departures.addSuperseded(change), now) };
  }

  /**
   * Cancels a pending leave, because the owner tracks the presence again. With a meta, the presence is updated; without one
   * it stays as it is, and nothing has to be done.
   *
   * @throws {NotTrackedError} when this owner has no presence with this topic and key. Nothing is changed.
   */
  revive(owner: number, topic: string, key: string, meta: Meta | undefined, now: number): LocalChange {
    const presence = this.#set.get(owner, topic, key);
    if (presence === undefined) throw new NotTrackedError(topic, key);
    const change = meta === undefined ? { presence, effects: [] } : this.update(owner, topic, key, meta, now);
    this.#departures.revive(owner, topic, key);
    return change;
  }

  /** Removes one presence of an owner at once. Without such a presence nothing has to be done. */
  leave(owner: number, topic: string, key: string, now: number): readonly ReplicationEffect[] {
    return this.#apply(this.#departures.addSuperseded(this.#set.leave(owner, topic, key)), now);
  }

  /** Removes all presences of an owner at once. */
  leaveAll(owner: number, now: number): readonly ReplicationEffect[] {
    return this.#apply(this.#departures.addSuperseded(this.#set.leaveAll(owner)), now);
  }

  /** Ends an owner: its presences become pending leaves, or leave at once if `leaveDelayMs` is 0. */
  end(owner: number, now: number): readonly ReplicationEffect[] {
    this.#begin(now);
    this.#changed(this.#departures.ownerEnded(owner));
    return this.#finish();
  }

  /** Schedules a flush, although the set has no changes yet: `beforeFlush` adds them. */
  flushSoon(now: number): readonly ReplicationEffect[] {
    this.#begin(now);
    this.#sending.flushSoon();
    return this.#finish();
  }

  /** Handles what happened outside: a message, a tick, a change of the connection, the start or the close. */
  step(event: ReplicationEvent, now: number): readonly ReplicationEffect[] {
    this.#begin(now);
    switch (event.type) {
      case "start":
        this.#periodAt = now + this.#broadcastPeriodMs;
        this.#silenceDetector.started(now);
        this.#sending.sendHeartbeat();
        break;
      case "tick":
        if (this.#sending.isClosing) this.#sending.resendLeavingIfDue();
        else this.#tick();
        break;
      case "message":
        if (!this.#sending.isClosing) this.#receive(event.message, event.sentCounter);
        break;
      case "disconnected":
        this.#silenceDetector.disconnected(now);
        break;
      case "connected":
        this.#membership.excuseSilence(this.#silenceDetector.connected(now));
        this.#sending.heartbeatNow();
        break;
      case "close":
        this.#sending.sendLeaving(event.lingerMs);
        break;
    }
    return this.#finish();
  }

  #begin(now: number): void {
    this.#step.begin(now);
    const pausedMs = this.#silenceDetector.stepped(now);
    this.#membership.excuseSilence(pausedMs);
    if (pausedMs > 0) this.#hearing.paused();
  }

  #finish(): readonly ReplicationEffect[] {
    if (this.#initialSync.completes(this.#step.now)) this.#step.add({ type: "synced" });
    this.#setAlarm();
    return this.#step.effects;
  }

  /** Takes the step for a change of a caller. An empty one has no effects. */
  #apply(change: Change, now: number): readonly ReplicationEffect[] {
    if (change.joins.length === 0 && change.leaves.length === 0) return [];
    this.#begin(now);
    this.#changed(change);
    return this.#finish();
  }

  #changed(change: Change): void {
    if (this.#set.pendingEventCount > 0) this.#sending.flushSoon();
    this.#step.diff(change, "local");
  }

  #tick(): void {
    const { now } = this.#step;
    this.#changed(this.#departures.takeDue());
    this.#departures.expireLingering();
    if (now >= this.#periodAt) {
      this.#periodAt = now + this.#broadcastPeriodMs;
      if (this.#silenceDetector.mustResubscribe(now)) this.#resubscribe();
      if (this.#silenceDetector.canDetectSilence(now)) this.#membership.expireSilent();
      this.#tombstones.expire(now);
      this.#nameConflicts.retry();
      this.#hearing.check();
    }
    this.#sending.sendIfDue();
    this.#sendPulls();
  }

  /** Resubscribes, and reports it if the attempt before did not help. */
  #resubscribe(): void {
    this.#step.add({ type: "resubscribe" });
    if (this.#silenceDetector.mustReport()) this.#step.warn(new ResubscribingError());
  }

  #sendPulls(): void {
    for (const pull of this.#pulls.due(this.#step.now)) this.#step.publish(this.self, pull);
  }

  /** Whether a peer is up and has listed this replica recently. Another peer cannot hear it: a pull would repeat forever. */
  #isInTouch(peer: string): boolean {
    const member = this.#members.getUp(peer);
    const reported = member?.reportedSeen.get(this.self.id);
    return member !== undefined && reported !== undefined && this.#isRecent(member, reported.at);
  }

  /** Whether at most two heartbeat intervals of a peer have passed since it said something. */
  #isRecent({ slowness }: Member, at: number): boolean {
    return this.#step.now - at <= 2 * this.#heartbeatIntervals.ownMs * slowness;
  }

  /**
   * How long peers must list a later incarnation of our name that sends nothing before it counts as dead. It may be as slow
   * as the slowest peer.
   */
  get #namesakeTimeoutMs(): number {
    return 2 * this.#heartbeatIntervals.ownMs * this.#members.maxSlowness;
  }

  #setAlarm(): void {
    const at = this.#sending.isClosing
      ? this.#sending.nextAt
      : Math.min(
          this.#periodAt,
          this.#sending.nextAt,
          this.#departures.nextAt,
          this.#pulls.nextAt,
          this.#initialSync.nextAt,
        );
    if (at === this.#alarmAt) return;
    this.#alarmAt = at;
    this.#step.add({ type: "alarm", at });
  }

  #receive(message: ReplicaMessage, sentCounter = Number.POSITIVE_INFINITY): void {
    const { sender } = message;
    if (this.#identity.isOwnId(sender.id)) this.#receiveOwn(message, sentCounter);
    else if (message.type === "leaving") this.#membership.end(sender, message.lingerMs);
    else if (!this.#isOutdated(sender)) this.#receiveFromPeer(message);
  }

  /** Whether a sender is gone for good, or another incarnation of its name counts instead. */
  #isOutdated(sender: ReplicaIncarnation): boolean {
    const isEarlierNamesake = this.#identity.namesake(sender) === "earlier";
    return isEarlierNamesake || this.#tombstones.has(sender.id) || this.#members.isOutdated(sender);
  }

  /** One of our own messages came back, so this replica can hear. */
  #receiveOwn(message: ReplicaMessage, sentCounter: number): void {
    const { now } = this.#step;
    if (this.#nameConflicts.isForeign(message, sentCounter)) return;
    this.#membership.excuseSilence(this.#silenceDetector.ownMessageReturned(now));
    this.#hearing.ownMessageReturned();
    if (message.type === "heartbeat") {
      this.#initialSync.ownHeartbeatReturned(now, this.#silenceDetector.subscribedFor(now));
    }
    if (message.type === "heartbeat" || message.type === "delta")
      this.#nameConflicts.checkOwnEvents(message.seen);
  }

  #receiveFromPeer(message: ReplicaMessage): void {
    const { sender } = message;
    if (this.#identity.namesake(sender) === "later") this.#nameConflicts.giveUpName(sender);
    const member = this.#members.get(sender.id) ?? this.#addMember(sender);
    if (member === undefined) return;
    const isSignOfLife = message.counter > member.counter;
    if (isSignOfLife && this.#membership.signOfLife(member, message)) this.#sending.heartbeatSoon();
    if (message.type === "delta") this.#merge(message.fragment);
    if (message.type === "delta" || message.type === "heartbeat") {
      if (isSignOfLife) this.#membership.advertised(member, message.seen);
      this.#pulls.advertised(sender.id, sender.id, message.seen);
    }
    if (message.type === "heartbeat") this.#readHeartbeat(member, message, isSignOfLife);
    if (message.type === "pull") this.#sending.answerPull(member, message);
    if (message.type === "push") this.#receivePush(message, sender);
    this.#membership.showIfCaughtUp(member);
  }

  /** Adds a new peer, unless there is no room for it. One that takes over its name needs none. */
  #addMember(sender: ReplicaIncarnation): Member | undefined {
    if (this.#members.named(sender.name) === undefined && !this.#membership.makeRoom()) return undefined;
    this.#sending.heartbeatSoon();
    return this.#membership.add(sender);
  }

  #readHeartbeat(member: Member, heartbeat: Heartbeat, isSignOfLife: boolean): void {
    const { seen, digest, leaveDelayMs, heartbeatIntervalMs, others } = heartbeat;
    const { id } = member.sender;
    if (isSignOfLife) {
      member.leaveDelayMs = leaveDelayMs;
      member.slowness = this.#heartbeatIntervals.slownessOf(member.sender, heartbeatIntervalMs);
    }
    this.#hearing.heartbeatArrived(id, heartbeat);
    if (digest !== this.#set.digestOf(id) && seen.equals(this.#set.seenOf(id))) this.#refetch(member);
    for (const other of others) {
      if (this.#identity.isOwnId(other.id)) {
        if (isSignOfLife) member.reportedSeen.set(other.id, { seen: other.seen, at: this.#step.now });
        this.#nameConflicts.checkOwnEvents(other.seen);
      } else if (this.#identity.isStaleNamesake(other, this.#step.now, this.#namesakeTimeoutMs)) {
        this.#nameConflicts.replaceNamesake(other);
      } else if (this.#members.getUp(other.id) !== undefined) {
        if (isSignOfLife) member.reportedSeen.set(other.id, { seen: other.seen, at: this.#step.now });
        this.#pulls.advertised(other.id, id, other.seen);
      }
    }
    // A long heartbeat is split, so one part without an entry means nothing. Only old entries are dropped.
    for (const [other, { at }] of member.reportedSeen) {
      if (!this.#isRecent(member, at)) member.reportedSeen.delete(other);
    }
  }

  #receivePush(push: Push, sender: ReplicaIncarnation): void {
    if (!this.#identity.isOwnId(push.to)) return;
    const { fragments, isFullState } = this.#pulls.receive(sender.id, push, this.#step.now);
    for (const fragment of fragments) {
      this.#merge(fragment, isFullState);
      const member = this.#members.get(fragment.replica);
      if (member !== undefined) this.#membership.showIfCaughtUp(member);
    }
  }

  /** Merges events of a peer. Its joins may supersede our own pending leaves, so a local change may follow. */
  #merge(fragment: Fragment, isFullState = false): void {
    const member = this.#members.get(fragment.replica);
    if (member === undefined) return;
    const cause: Cause = member.isCaughtUp ? "remote" : "replica";
    const change = isFullState ? this.#set.correct(fragment) : this.#set.merge(fragment);
    // Until this replica has caught up with a peer, joins of the peer may be old. They supersede nothing.
    const supersedes = this.#supersedes && cause === "remote";
    this.#step.diff(supersedes ? this.#departures.addSuperseded(change) : change, cause);
    if (this.#set.pendingEventCount > 0) this.#sending.flushSoon();
  }

  /** Our slice of a peer differs from its own, although both have seen the same events. The peer is right. */
  #refetch({ sender }: Member): void {
    if (this.#pulls.refetch(sender.id)) this.#step.warn(new DivergedError(sender.name));
    this.#sendPulls();
  }
}
