import { type Change, NO_CHANGE } from "../crdt/change.ts";
import type { Fragment } from "../crdt/fragment.ts";
import type { PresenceRecord } from "../crdt/live-entry.ts";
import type { PresenceSet } from "../crdt/presence-set.ts";
import { DivergedError } from "../errors.ts";
import type {
  Envelope,
  Handover,
  Heartbeat,
  Leaving,
  Push,
  ReplicaIncarnation,
  ReplicaMessage,
} from "../wire/replica-message.ts";
import type { Departures } from "./departures/departures.ts";
import type { HearingMonitor } from "./hearing.ts";
import type { HeartbeatIntervals } from "./heartbeat-intervals.ts";
import type { Identity } from "./identity.ts";
import type { InitialSync } from "./initial-sync.ts";
import type { Member } from "./member.ts";
import type { Members } from "./members.ts";
import type { Membership } from "./membership.ts";
import type { NameConflicts } from "./name-conflicts.ts";
import type { Pulls } from "./pulls.ts";
import type { Sending } from "./sending.ts";
import type { SilenceDetector } from "./silence-detector.ts";
import type { Step } from "./step.ts";
import type { Tombstones } from "./tombstones.ts";

interface ReceivingOptions {
  readonly set: PresenceSet;
  readonly step: Step;
  readonly members: Members;
  readonly tombstones: Tombstones;
  readonly departures: Departures;
  readonly identity: Identity;
  readonly silenceDetector: SilenceDetector;
  readonly heartbeatIntervals: HeartbeatIntervals;
  readonly hearing: HearingMonitor;
  readonly initialSync: InitialSync;
  readonly membership: Membership;
  readonly nameConflicts: NameConflicts;
  readonly pulls: Pulls;
  readonly sending: Sending;
}

/** What this replica does with the messages that arrive, its own and those of its peers. */
export class Receiving {
  readonly #identity: Identity;
  readonly #membership: Membership;
  readonly #members: Members;
  readonly #tombstones: Tombstones;
  readonly #silenceDetector: SilenceDetector;
  readonly #hearing: HearingMonitor;
  readonly #initialSync: InitialSync;
  readonly #nameConflicts: NameConflicts;
  readonly #pulls: Pulls;
  readonly #sending: Sending;
  readonly #departures: Departures;
  readonly #set: PresenceSet;
  readonly #step: Step;
  readonly #heartbeatIntervals: HeartbeatIntervals;

  constructor(options: ReceivingOptions) {
    this.#identity = options.identity;
    this.#membership = options.membership;
    this.#members = options.members;
    this.#tombstones = options.tombstones;
    this.#silenceDetector = options.silenceDetector;
    this.#hearing = options.hearing;
    this.#initialSync = options.initialSync;
    this.#nameConflicts = options.nameConflicts;
    this.#pulls = options.pulls;
    this.#sending = options.sending;
    this.#departures = options.departures;
    this.#set = options.set;
    this.#step = options.step;
    this.#heartbeatIntervals = options.heartbeatIntervals;
  }

  /** Handles a message. `sentCounter` is the highest counter of the messages that this replica has sent. */
  receive(message: ReplicaMessage, sentCounter: number = Number.POSITIVE_INFINITY): void {
    const { sender } = message;
    if (this.#identity.isOwnId(sender.id)) this.#receiveOwn(message, sentCounter);
    else if (message.type === "leaving") this.#receiveLeaving(message);
    else if (!this.#isOutdated(sender)) this.#receiveFromPeer(message);
  }

  /** Until its claims arrive, other peers show the former and the new presences of clients that have reconnected here. */
  #receiveLeaving({ sender, lingerMs, lastDot }: Envelope & Leaving): void {
    this.#membership.end(sender, lingerMs, { lastDot });
    if (this.#departures.hasUnpublished) this.#sending.flush();
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
    if (message.type === "heartbeat" || message.type === "delta") {
      this.#departures.ownDotReturned(message.seen.max);
      this.#nameConflicts.checkOwnEvents(message.seen);
    }
  }

  #receiveFromPeer(message: ReplicaMessage): void {
    const { sender } = message;
    if (this.#identity.namesake(sender) === "later") this.#nameConflicts.giveUpName(sender);
    const member = this.#members.get(sender.id) ?? this.#addMember(sender);
    if (member === undefined) return;
    const isSignOfLife = message.counter > member.counter;
    if (isSignOfLife && this.#membership.signOfLife(member, message)) this.#sending.heartbeatSoon();
    if (message.type === "delta") this.#merge(message.fragment, message);
    if (message.type === "delta" || message.type === "heartbeat") {
      if (isSignOfLife) this.#membership.advertised(member, message.seen);
      this.#pulls.advertised(sender.id, sender.id, message.seen);
    }
    if (message.type === "heartbeat") {
      this.#readHeartbeat(member, message, isSignOfLife);
      const leaves = this.#receiveHandover(member, NO_CHANGE, message.handover);
      this.#step.diff({ joins: [], leaves }, "remote");
    }
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
        if (isSignOfLife) member.reported = { seen: other.seen, at: this.#step.now };
        this.#nameConflicts.checkOwnEvents(other.seen);
      } else if (this.#identity.isStaleNamesake(other, this.#step.now, this.#namesakeTimeoutMs)) {
        this.#nameConflicts.replaceNamesake(other);
      } else if (this.#members.getUp(other.id) !== undefined) {
        this.#pulls.advertised(other.id, id, other.seen);
      }
    }
  }

  #receivePush(push: Push, sender: ReplicaIncarnation): void {
    if (!this.#identity.isOwnId(push.to)) return;
    const { fragments, isFullState } = this.#pulls.receive(sender.id, push, this.#step.now);
    for (const fragment of fragments) {
      this.#merge(fragment, { isFullState });
      const member = this.#members.get(fragment.replica);
      if (member !== undefined) this.#membership.showIfCaughtUp(member);
    }
  }

  /** Merges a change of a replica. What it supersedes leaves in the same diff. */
  #merge(
    fragment: Fragment,
    { handover, isFullState = false }: { handover?: Handover | undefined; isFullState?: boolean },
  ): void {
    const member = this.#members.get(fragment.replica);
    if (member === undefined) return;
    const change = isFullState ? this.#set.correct(fragment) : this.#set.merge(fragment);
    const superseded = this.#receiveHandover(member, change, handover);
    const leaves = superseded.length === 0 ? change.leaves : [...change.leaves, ...superseded];
    this.#step.diff({ joins: change.joins, leaves }, member.isCaughtUp ? "remote" : "replica");
  }

  #receiveHandover(
    member: Member,
    change: Change,
    handover: Handover | undefined,
  ): readonly PresenceRecord[] {
    const leaves = this.#departures.receive(member, change, handover, (id) => this.#identity.isOwnId(id));
    this.#sending.flushIfNeeded();
    return leaves;
  }

  /** Our slice of a peer differs from its own, although both have seen the same events. The peer is right. */
  #refetch({ sender }: Member): void {
    if (this.#pulls.refetch(sender.id)) this.#step.warn(new DivergedError(sender.name));
    this.sendPulls();
  }

  /** Publishes the pulls that are due. */
  sendPulls(): void {
    for (const pull of this.#pulls.due(this.#step.now)) this.#step.publish(this.#identity.self, pull);
  }

  /**
   * How long peers must list a later incarnation of our name that sends nothing before it counts as dead. It may be as slow
   * as the slowest peer.
   */
  get #namesakeTimeoutMs(): number {
    return 2 * this.#heartbeatIntervals.ownMs * this.#members.maxSlowness;
  }
}
