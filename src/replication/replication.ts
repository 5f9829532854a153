import type { Change } from "../crdt/change.ts";
import type { PresenceRecord } from "../crdt/live-entry.ts";
import { PresenceSet } from "../crdt/presence-set.ts";
import { NotTrackedError } from "../errors.ts";
import type { Meta } from "../payload.ts";
import type { ReplicaIncarnation } from "../wire/replica-message.ts";
import { Departures } from "./departures/departures.ts";
import type { LingeringReplica } from "./departures/lingering-replicas.ts";
import type { LocalChange, ReplicationEffect, ReplicationEvent } from "./events.ts";
import { HearingMonitor, type ReadonlyHearing } from "./hearing.ts";
import { HeartbeatIntervals } from "./heartbeat-intervals.ts";
import { Identity } from "./identity.ts";
import { InitialSync } from "./initial-sync.ts";
import { Members, type ReadonlyMembers } from "./members.ts";
import { Membership } from "./membership.ts";
import { NameConflicts } from "./name-conflicts.ts";
import { PresenceView } from "./presence-view.ts";
import { Pulls } from "./pulls.ts";
import { Receiving } from "./receiving.ts";
import { ResubscribingError } from "./replication-errors.ts";
import type { ReplicationOptions } from "./replication-options.ts";
import { Sending } from "./sending.ts";
import { SilenceDetector } from "./silence-detector.ts";
import { Step } from "./step.ts";
import { type ReadonlyTombstones, Tombstones } from "./tombstones.ts";

const NEVER = Number.POSITIVE_INFINITY;

/**
 * The protocol, as a state machine without I/O. Verbs change it, and each returns the effects that its caller has to carry
 * out. It has no clock, timer, socket or source of randomness of its own, so one seed replays a whole cluster, and the same
 * code runs over a real broker. Times are in ms of any monotonic clock.
 */
export class Replication {
  /** The presences, for reading. */
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
  readonly #receiving: Receiving;
  #periodAt = NEVER;
  #alarmAt = NEVER;

  constructor(options: ReplicationOptions) {
    const { self, admit, broadcastPeriodMs, permdownPeriodMs } = options;
    const heartbeatIntervalMs = (options.maxSilentPeriods + 1) * broadcastPeriodMs;
    this.#broadcastPeriodMs = broadcastPeriodMs;
    this.#heartbeatIntervals = new HeartbeatIntervals(heartbeatIntervalMs, this.#step);
    this.#set = new PresenceSet({
      replica: self.id,
      ...(admit && { admit }),
      topicOf: options.counts?.topicOf,
    });
    this.#tombstones = new Tombstones(permdownPeriodMs);
    this.#silenceDetector = new SilenceDetector({ broadcastPeriodMs, heartbeatIntervalMs });
    this.#departures = new Departures({
      ...options,
      set: this.#set,
      step: this.#step,
      members: this.#members,
      silenceDetector: this.#silenceDetector,
      departing: options.counts?.departing(this.#set),
    });
    this.presences = new PresenceView(this.#set, this.#departures);
    this.members = this.#members;
    this.tombstones = this.#tombstones;
    this.#identity = new Identity(options);
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
    this.#receiving = new Receiving({
      ...shared,
      heartbeatIntervals: this.#heartbeatIntervals,
      hearing: this.#hearing,
      initialSync: this.#initialSync,
      membership: this.#membership,
      nameConflicts: this.#nameConflicts,
      pulls: this.#pulls,
      sending: this.#sending,
    });
  }

  /** The current identity of this replica. */
  get self(): ReplicaIncarnation {
    return this.#identity.self;
  }

  /** The replicas that have left and whose presences are still listed. */
  get lingering(): Iterable<LingeringReplica> {
    return this.#departures.lingering.all();
  }

  /**
   * Adds a presence. It supersedes one pending leave with its topic and key, here or on another node, unless its own owner has
   * ended already.
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
    return { presence, effects: this.joined(presence, now, { ownerHasEnded }) };
  }

  /** One of our own presences has joined, of the set or behind its numbers. */
  joined(
    presence: PresenceRecord,
    now: number,
    { ownerHasEnded }: { readonly ownerHasEnded: boolean },
  ): readonly ReplicationEffect[] {
    this.#begin(now);
    this.#changed(ownerHasEnded ? { joins: [presence], leaves: [] } : this.#departures.joined(presence));
    return this.#finish();
  }

  /**
   * Replaces the meta of a presence. It supersedes no pending leave. If the presence is a pending leave itself, it stays one.
   *
   * @throws {NotTrackedError} when this owner has no presence with this topic and key. Nothing is changed.
   */
  update(owner: number, topic: string, key: string, meta: Meta, now: number): LocalChange {
    const change = this.#set.update(owner, topic, key, meta);
    this.#begin(now);
    this.#changed(change);
    return { presence: change.joins[0]!, effects: this.#finish() };
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
    const effects = this.cancelPendingLeave(owner, topic, key, now);
    return { presence: change.presence, effects: [...change.effects, ...effects] };
  }

  /** Cancels the pending leave of one of our own presences. */
  cancelPendingLeave(owner: number, topic: string, key: string, now: number): readonly ReplicationEffect[] {
    this.#begin(now);
    this.#departures.revive(owner, topic, key);
    this.#sending.flushIfNeeded();
    return this.#finish();
  }

  /** Removes one presence of an owner at once. Without such a presence nothing has to be done. */
  leave(owner: number, topic: string, key: string, now: number): readonly ReplicationEffect[] {
    return this.left(this.#set.leave(owner, topic, key), now);
  }

  /** Removes all presences of an owner at once. */
  leaveAll(owner: number, now: number): readonly ReplicationEffect[] {
    return this.left(this.#set.leaveAll(owner), now);
  }

  /** Some of our own presences have left, of the set or behind its numbers. */
  left(change: Change, now: number): readonly ReplicationEffect[] {
    if (change.leaves.length === 0) return [];
    this.#begin(now);
    this.#departures.left(change);
    this.#changed(change);
    return this.#finish();
  }

  /** Ends an owner: its presences become pending leaves, or leave at once if `leaveDelayMs` is 0. */
  end(owner: number, now: number): readonly ReplicationEffect[] {
    this.#begin(now);
    this.#changed(this.#departures.ownerEnded(owner));
    return this.#finish();
  }

  /** Handles what happened outside: a message, a tick, a change of the connection, the start or the close. */
  step(event: ReplicationEvent, now: number): readonly ReplicationEffect[] {
    this.#begin(now);
    switch (event.type) {
      case "start":
        this.#periodAt = now + this.#broadcastPeriodMs;
        this.#silenceDetector.started(now);
        this.#departures.started();
        this.#sending.sendHeartbeat();
        break;
      case "tick":
        if (this.#sending.isClosing) this.#sending.resendLeavingIfDue();
        else this.#tick();
        break;
      case "message":
        if (!this.#sending.isClosing) this.#receiving.receive(event.message, event.sentCounter);
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

  #changed(change: Change): void {
    this.#sending.flushIfNeeded();
    this.#step.diff(change, "local");
  }

  /** Does everything that is due. */
  #tick(): void {
    const { now } = this.#step;
    this.#departures.claimForYoungNewcomers();
    this.#changed(this.#departures.takeDue());
    this.#departures.lingering.expire();
    if (now >= this.#periodAt) {
      this.#periodAt = now + this.#broadcastPeriodMs;
      if (this.#silenceDetector.mustResubscribe(now)) this.#resubscribe();
      if (this.#silenceDetector.canDetectSilence(now)) this.#membership.expireSilent();
      this.#tombstones.expire(now);
      this.#departures.expire();
      this.#nameConflicts.retry();
      this.#hearing.check();
    }
    this.#sending.sendIfDue();
    this.#receiving.sendPulls();
  }

  /** Resubscribes, and reports it if the attempt before did not help. */
  #resubscribe(): void {
    this.#step.add({ type: "resubscribe" });
    if (this.#silenceDetector.mustReport()) this.#step.warn(new ResubscribingError());
  }

  /** Whether a peer is up and has listed this replica recently. Another peer cannot hear it: a pull would repeat forever. */
  #isInTouch(peer: string): boolean {
    const member = this.#members.getUp(peer);
    return (
      member?.reported !== undefined &&
      this.#heartbeatIntervals.isRecent(member, member.reported.at, this.#step.now)
    );
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
}
