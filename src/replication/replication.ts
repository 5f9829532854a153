import type { Change } from "../crdt/change.ts";
import type { Fragment } from "../crdt/fragment.ts";
import type { Intervals } from "../crdt/intervals.ts";
import { PresenceSet } from "../crdt/presence-set.ts";
import { DivergedError, DuplicateReplicaError, NotTrackedError } from "../errors.ts";
import type { Meta } from "../payload.ts";
import type { Heartbeat, Pull, Push, ReplicaIncarnation, ReplicaMessage } from "../wire/replica-message.ts";
import { Departures, type LingeringReplica } from "./departures.ts";
import type { Cause, LocalChange, ReplicationEffect, ReplicationEvent } from "./events.ts";
import { Identity } from "./identity.ts";
import { InitialSync } from "./initial-sync.ts";
import type { Member } from "./member.ts";
import { Members, type ReadonlyMembers } from "./members.ts";
import { Membership } from "./membership.ts";
import { PresenceView } from "./presence-view.ts";
import { Pulls } from "./pulls.ts";
import type { ReplicationOptions } from "./replication-options.ts";
import { Sending } from "./sending.ts";
import { SilenceDetector } from "./silence-detector.ts";
import { Step } from "./step.ts";
import { type ReadonlyTombstones, Tombstones } from "./tombstones.ts";

const NEVER = Number.POSITIVE_INFINITY;

/**
 * The protocol: what a replica does about what happens to it. It has no clock, timer, socket or chance of its own, so that
 * one seed replays a whole cluster, and the same code runs over a real broker. Times are ms of any monotonic clock.
 */
export class Replication {
  /** The presences, for reading. */
  readonly presences: PresenceView;
  readonly #set: PresenceSet;
  readonly #members = new Members();
  readonly #tombstones: Tombstones;
  readonly #departures: Departures;
  readonly #broadcastPeriodMs: number;
  readonly #idleIntervalMs: number;
  readonly #outbox = new Step();
  readonly #identity: Identity;
  readonly #hearing: SilenceDetector;
  readonly #speech: Sending;
  readonly #membership: Membership;
  readonly #pulls: Pulls;
  readonly #start: InitialSync;
  #periodAt = NEVER;
  #resubscribeAt = 0;
  #alarmAt = NEVER;

  constructor(options: ReplicationOptions) {
    const { self, admit, broadcastPeriodMs, maxSilentPeriods, permdownPeriodMs, leaveDelayMs } = options;
    this.#broadcastPeriodMs = broadcastPeriodMs;
    this.#idleIntervalMs = (maxSilentPeriods + 1) * broadcastPeriodMs;
    this.#set = new PresenceSet({ replica: self.id, ...(admit && { admit }) });
    this.#tombstones = new Tombstones(permdownPeriodMs);
    this.#departures = new Departures(this.#set, this.#outbox, leaveDelayMs);
    this.presences = new PresenceView(this.#set, this.#departures);
    this.#identity = new Identity({ ...options, shadowMs: 2 * this.#idleIntervalMs });
    this.#hearing = new SilenceDetector(broadcastPeriodMs);
    this.#speech = new Sending({
      ...options,
      idleIntervalMs: this.#idleIntervalMs,
      set: this.#set,
      outbox: this.#outbox,
      identity: this.#identity,
      hearing: this.#hearing,
      members: this.#members,
    });
    this.#pulls = new Pulls({
      set: this.#set,
      patienceMs: broadcastPeriodMs,
      isInTouch: (peer) => this.#isInTouch(peer),
      soon: () => this.#speech.afterFlushDelay(),
    });
    this.#membership = new Membership({
      ...options,
      set: this.#set,
      outbox: this.#outbox,
      members: this.#members,
      tombstones: this.#tombstones,
      pulls: this.#pulls,
      departures: this.#departures,
    });
    this.#start = new InitialSync(this.#members, broadcastPeriodMs);
  }

  get self(): ReplicaIncarnation {
    return this.#identity.self;
  }

  /** The replicas that this one has heard directly and that have not left. */
  get members(): ReadonlyMembers {
    return this.#members;
  }

  /** The replicas that left and whose presences linger. */
  get lingering(): Iterable<LingeringReplica> {
    return this.#departures.lingering();
  }

  /** The ids of the incarnations that are gone for good. */
  get tombstones(): ReadonlyTombstones {
    return this.#tombstones;
  }

  /**
   * Adds a presence. It supersedes the oldest pending leave of its topic and key, unless its own owner has ended already.
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
    return {
      presence,
      effects: this.#apply(ownerHasEnded ? change : this.#departures.addSuperseded(change), now),
    };
  }

  /**
   * Replaces the meta of a presence. It supersedes no pending leave, and a pending leave stays one.
   *
   * @throws {NotTrackedError} when this owner has no presence with this topic and key. Nothing is changed.
   */
  update(owner: number, topic: string, key: string, meta: Meta, now: number): LocalChange {
    const change = this.#set.update(owner, topic, key, meta);
    return { presence: change.joins[0]!, effects: this.#apply(this.#departures.addSuperseded(change), now) };
  }

  /**
   * Keeps a presence that is a pending leave, because its owner tracked it again. Without a meta it stays as it is.
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

  /** Removes one presence of an owner at once, if it exists. */
  leave(owner: number, topic: string, key: string, now: number): readonly ReplicationEffect[] {
    return this.#apply(this.#departures.addSuperseded(this.#set.leave(owner, topic, key)), now);
  }

  /** Removes all presences of an owner at once. */
  leaveAll(owner: number, now: number): readonly ReplicationEffect[] {
    return this.#apply(this.#departures.addSuperseded(this.#set.leaveAll(owner)), now);
  }

  /** Ends an owner: its presences leave after `leaveDelayMs`. */
  end(owner: number, now: number): readonly ReplicationEffect[] {
    this.#begin(now);
    this.#changed(this.#departures.ownerEnded(owner));
    return this.#finish();
  }

  /** Handles what happened outside: a message, a tick, a start or close, a connection that was lost or is back. */
  step(event: ReplicationEvent, now: number): readonly ReplicationEffect[] {
    this.#begin(now);
    switch (event.type) {
      case "start":
        this.#periodAt = now + this.#broadcastPeriodMs;
        this.#speech.sendHeartbeat();
        break;
      case "tick":
        if (this.#speech.isClosing) this.#speech.resendLeavingIfDue();
        else this.#tick();
        break;
      case "message":
        if (!this.#speech.isClosing) this.#receive(event.message);
        break;
      case "disconnected":
        this.#hearing.disconnected(now);
        break;
      case "connected":
        this.#membership.excuseSilence(this.#hearing.connected(now));
        this.#speech.heartbeatNow();
        break;
      case "close":
        this.#speech.sendLeaving(event.lingerMs);
        break;
    }
    return this.#finish();
  }

  #begin(now: number): void {
    this.#outbox.begin(now);
    this.#membership.excuseSilence(this.#hearing.stepped(now));
  }

  #finish(): readonly ReplicationEffect[] {
    if (this.#start.completes(this.#outbox.now)) this.#outbox.add({ type: "synced" });
    this.#setAlarm();
    return this.#outbox.effects;
  }

  /** Handles a change that a caller made. A change without joins and leaves has no effects. */
  #apply(change: Change, now: number): readonly ReplicationEffect[] {
    if (change.joins.length === 0 && change.leaves.length === 0) return [];
    this.#begin(now);
    this.#changed(change);
    return this.#finish();
  }

  /** What is due by itself. */
  #tick(): void {
    const { now } = this.#outbox;
    this.#changed(this.#departures.takeDue());
    this.#departures.expireLingering();
    if (now >= this.#periodAt) {
      this.#periodAt = now + this.#broadcastPeriodMs;
      this.#listenAnewIfDeaf();
      if (this.#hearing.canDetectSilence(now)) this.#membership.expireSilent();
      this.#tombstones.expire(now);
    }
    this.#speech.sendIfDue();
    this.#ask();
  }

  /** A message came in. */
  #receive(message: ReplicaMessage): void {
    const { sender } = message;
    if (this.#identity.isOurs(sender.id)) this.#hearOurselves(message);
    else if (message.type === "leaving") this.#membership.end(sender, message.lingerMs);
    else if (!this.#isPast(sender)) this.#listen(message);
  }

  /** A start that ended, or that a later one of its name took the place of, has nothing to say. */
  #isPast(sender: ReplicaIncarnation): boolean {
    const isEarlierThanUs = this.#identity.namesake(sender) === "earlier";
    return isEarlierThanUs || this.#tombstones.has(sender.id) || this.#members.isOutdated(sender);
  }

  /** What somebody says, and what follows. */
  #listen(message: ReplicaMessage): void {
    const { sender } = message;
    if (this.#identity.namesake(sender) === "later") this.#stepAside(sender);
    const member = this.#members.get(sender.id) ?? this.#meet(sender);
    const isSignOfLife = message.counter > member.counter;
    if (isSignOfLife && this.#membership.signOfLife(member, message)) this.#speech.heartbeatSoon();
    if (message.type === "delta") this.#merge(message.fragment);
    if (message.type === "delta" || message.type === "heartbeat") {
      if (isSignOfLife) this.#membership.advertised(member, message.seen);
      this.#pulls.advertised(sender.id, sender.id, message.seen);
    }
    if (message.type === "heartbeat") this.#readHeartbeat(member, message, isSignOfLife);
    if (message.type === "pull") this.#answer(member, message);
    if (message.type === "push") this.#receiveAnswer(message, sender);
    this.#membership.showIfCaughtUp(member);
  }

  #meet(sender: ReplicaIncarnation): Member {
    this.#speech.heartbeatSoon();
    return this.#membership.add(sender);
  }

  #readHeartbeat(
    member: Member,
    { seen, digest, leaveDelayMs, others }: Heartbeat,
    isSignOfLife: boolean,
  ): void {
    const { id } = member.sender;
    if (isSignOfLife) member.leaveDelayMs = leaveDelayMs;
    if (digest !== this.#set.digestOf(id) && seen.equals(this.#set.seenOf(id))) this.#doubt(member);
    for (const other of others) {
      if (this.#identity.isOurs(other.id)) {
        if (isSignOfLife) member.reportedSeen.set(other.id, { seen: other.seen, at: this.#outbox.now });
        this.#checkOurId(other.seen);
      } else if (this.#identity.isStaleNamesake(other, this.#outbox.now)) {
        this.#outlive(other);
      } else if (this.#members.up(other.id) !== undefined) {
        if (isSignOfLife) member.reportedSeen.set(other.id, { seen: other.seen, at: this.#outbox.now });
        this.#pulls.advertised(other.id, id, other.seen);
      }
    }
    // A heartbeat may come in parts. Who was in none of late is not heard any more.
    for (const [other, { at }] of member.reportedSeen) {
      if (this.#outbox.now - at > 2 * this.#idleIntervalMs) member.reportedSeen.delete(other);
    }
  }

  /** A message of ours came back: we can hear. */
  #hearOurselves(message: ReplicaMessage): void {
    const { now } = this.#outbox;
    this.#membership.excuseSilence(this.#hearing.heardOurselves(now));
    if (message.type === "heartbeat") this.#start.heardOurselves(now);
    if (message.type === "heartbeat" || message.type === "delta") this.#checkOurId(message.seen);
  }

  // --- changes ---------------------------------------------------------------------------------

  /** A change of ours. */
  #changed(change: Change): void {
    if (this.#set.pendingEventCount > 0) this.#speech.flushSoon();
    this.#outbox.diff(change, "local");
  }

  /** A change elsewhere; it may bring one of ours, where somebody came who was waited for. */
  #merge(fragment: Fragment, isWhole = false): void {
    const member = this.#members.get(fragment.replica);
    if (member === undefined) return;
    const cause: Cause = member.isCaughtUp ? "remote" : "replica";
    const change = isWhole ? this.#set.correct(fragment) : this.#set.merge(fragment);
    // Who was there before we met his replica has not come in anybody's place.
    this.#outbox.diff(cause === "remote" ? this.#departures.addSuperseded(change) : change, cause);
    if (this.#set.pendingEventCount > 0) this.#speech.flushSoon();
  }

  // --- what is missing -------------------------------------------------------------------------

  #ask(): void {
    for (const pull of this.#pulls.due(this.#outbox.now)) this.#outbox.publish(this.self, pull);
  }

  /** Nobody is asked who does not hear us: he would be asked for ever. */
  #isInTouch(peer: string): boolean {
    const heard = this.#members.up(peer)?.reportedSeen.get(this.self.id);
    return heard !== undefined && this.#outbox.now - heard.at <= 2 * this.#idleIntervalMs;
  }

  /** Each pull is answered once, with what is here now and was published before. */
  #answer(member: Member, { to, request, wants }: Pull): void {
    if (!this.#identity.isOurs(to) || request <= member.lastAnsweredRequest) return;
    member.lastAnsweredRequest = request;
    this.#speech.flush();
    const fragments = wants
      .filter(({ replica }) => this.#identity.isOurs(replica) || this.#members.up(replica) !== undefined)
      .map(({ replica, seen }) => this.#set.catchUp(replica, seen)!);
    this.#outbox.publish(this.self, { type: "push", to: member.sender.id, request, fragments });
  }

  #receiveAnswer(push: Push, sender: ReplicaIncarnation): void {
    if (!this.#identity.isOurs(push.to)) return;
    const { fragments, isFullState } = this.#pulls.receive(sender.id, push, this.#outbox.now);
    for (const fragment of fragments) {
      this.#merge(fragment, isFullState);
      const member = this.#members.get(fragment.replica);
      if (member !== undefined) this.#membership.showIfCaughtUp(member);
    }
  }

  /** Having seen the same, we hold something else than the owner: it is right. */
  #doubt({ sender }: Member): void {
    if (this.#pulls.refetch(sender.id)) this.#outbox.warn(new DivergedError(sender.name));
    this.#ask();
  }

  #listenAnewIfDeaf(): void {
    const { now } = this.#outbox;
    if (!this.#hearing.isConnected || !this.#hearing.isDeaf(now) || now < this.#resubscribeAt) return;
    // What was on its way to the former subscription is lost: the next heartbeat has to come back before we try again.
    this.#resubscribeAt = now + this.#idleIntervalMs + this.#broadcastPeriodMs;
    this.#outbox.add({ type: "resubscribe" });
  }

  // --- who we are ------------------------------------------------------------------------------

  /** A later start of our name is alive: the name is its. */
  #stepAside(other: ReplicaIncarnation): void {
    const from = this.self;
    this.#identity.giveUpName();
    this.#tombstones.add(from.id, this.#outbox.now);
    this.#renamed(from, `Another process began later under our name, with id ${other.id}.`);
    this.#outbox.publish(from, { type: "leaving", lingerMs: 0 });
  }

  /** A later start of our name is dead, and only our clock says that it was later. */
  #outlive(other: ReplicaIncarnation): void {
    const from = this.self;
    this.#identity.replaceNamesake(other);
    this.#tombstones.add(from.id, this.#outbox.now);
    this.#renamed(
      from,
      `Others know a start of our name, ${other.id}, that seems later than ours and is never heard.`,
    );
    this.#outbox.publish(from, { type: "leaving", lingerMs: 0 });
  }

  /** Has anybody seen events of ours that we never made, then another process makes them, under our id. */
  #checkOurId(seen: Intervals): void {
    if (seen.max <= this.#set.seenOf(this.self.id).max) return;
    const from = this.self;
    this.#identity.giveUpName();
    this.#renamed(from, `Another process has our id, ${from.id}: was a snapshot of the machine restored?`);
  }

  #renamed(from: ReplicaIncarnation, reason: string): void {
    this.#outbox.add({ type: "renamed", to: this.self });
    this.#outbox.warn(new DuplicateReplicaError(from.name, this.self, reason));
    this.#outbox.diff(this.#set.rename(this.self.id), "local");
    for (const member of this.#members.all()) member.reportedSeen.delete(from.id);
    this.#pulls.reset();
    this.#membership.excuseSilence(this.#hearing.renamed(this.#outbox.now));
    this.#speech.sendHeartbeat();
  }

  // --- the alarm -------------------------------------------------------------------------------

  #setAlarm(): void {
    const at = this.#speech.isClosing
      ? this.#speech.nextAt
      : Math.min(
          this.#periodAt,
          this.#speech.nextAt,
          this.#departures.nextAt,
          this.#pulls.nextAt,
          this.#start.nextAt,
        );
    if (at === this.#alarmAt) return;
    this.#alarmAt = at;
    this.#outbox.add({ type: "alarm", at });
  }
}
