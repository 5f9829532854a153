import type { PresenceRecord } from "../../crdt/live-entry.ts";
import type { PresenceSet } from "../../crdt/presence-set.ts";
import type { ClaimAnswer } from "../../wire/replica-message.ts";
import type { Member } from "../member.ts";
import type { Members } from "../members.ts";
import type { SilenceDetector } from "../silence-detector.ts";
import type { Step } from "../step.ts";
import { type ClaimId, Claims } from "./claims.ts";
import type { DepartingPresences, LeftPresences } from "./departing-presences.ts";
import type { LingeringReplicas } from "./lingering-replicas.ts";
import { type Newcomer, Newcomers } from "./newcomers.ts";
import type { PeerPendingLeaves } from "./peer-pending-leaves.ts";
import type { PendingLeaves } from "./pending-leaves.ts";
import type { Place } from "./place.ts";

/**
 * How long the news of a pending leave may take, in ms, apart from the way of the message: a peer publishes it one flush
 * delay later, and either process may be busy.
 */
const MIN_NEWS_DELAY_MS = 100;

/** The part of the leave delay after which a pending leave of another replica goes before one of our own. */
const OVERDUE = 0.2;

interface SupersedingOptions {
  readonly set: PresenceSet;
  readonly step: Step;
  readonly members: Members;
  readonly silenceDetector: Pick<SilenceDetector, "messageDelayMs">;
  readonly leaveDelayMs: number;
  readonly flushDelayMs: number;
  readonly broadcastPeriodMs: number;
  readonly downPeriodMs: number;
  readonly presences: DepartingPresences;
  readonly pendingLeaves: PendingLeaves;
  readonly lingering: LingeringReplicas;
  readonly peerPendingLeaves: PeerPendingLeaves;
}

/** Finds the one pending leave that each of our newcomers supersedes: one of our own, or one that it claims. */
export class Superseding {
  /** Our claims, for publishing. */
  readonly claims: Claims = new Claims();
  readonly #options: SupersedingOptions;
  readonly #step: Step;
  readonly #presences: DepartingPresences;
  readonly #leaveDelayMs: number;
  readonly #pendingLeaves: PendingLeaves;
  readonly #lingering: LingeringReplicas;
  readonly #peerPendingLeaves: PeerPendingLeaves;
  readonly #newcomers: Newcomers;
  /** The highest of our own dots that has come back to us. */
  #returnedDot = 0;
  /** Until when there may be replicas that left before this one heard of them. */
  #youngUntil = Number.NEGATIVE_INFINITY;

  constructor(options: SupersedingOptions) {
    this.#options = options;
    this.#step = options.step;
    this.#presences = options.presences;
    this.#leaveDelayMs = options.leaveDelayMs;
    this.#pendingLeaves = options.pendingLeaves;
    this.#lingering = options.lingering;
    this.#peerPendingLeaves = options.peerPendingLeaves;
    this.#newcomers = new Newcomers(options.downPeriodMs);
  }

  /** This replica has started. */
  started(): void {
    this.#youngUntil = this.#step.now + this.#leaveDelayMs;
  }

  /** When the oldest newcomer has waited long enough for news, while this replica is young. */
  get nextAt(): number {
    const { oldest } = this.#newcomers;
    if (oldest === undefined || this.#step.now >= this.#youngUntil) return Number.POSITIVE_INFINITY;
    return this.#newsBy(oldest);
  }

  /** Our own events up to this one have come back to us: whatever others published before they did has arrived. */
  ownDotReturned(dot: number): void {
    this.#returnedDot = Math.max(this.#returnedDot, dot);
  }

  /** Finds the pending leave that a new presence supersedes. Returns what leaves at once. */
  joined(presence: PresenceRecord): readonly PresenceRecord[] {
    const { topic, key } = presence;
    const dot = this.#presences.dotOfNewcomer(presence);
    return this.#supersede({ topic, key, dot, joinedAt: this.#step.now });
  }

  /** A peer has answered a claim of ours. If it has refused, the newcomer supersedes another pending leave. */
  answered(answer: ClaimAnswer): readonly PresenceRecord[] {
    const unanswered = this.claims.answered(answer);
    if (unanswered === undefined) return [];
    const { claim, newcomer } = unanswered;
    this.#peerPendingLeaves.claimEnded(claim.replica!, claim, claim.number);
    if (answer.isGranted) return [];
    this.#peerPendingLeaves.refused(claim.replica!, claim, claim.upTo);
    return this.#supersede(newcomer);
  }

  /** There is news of a pending leave of a peer. A newcomer that came before the news claims it. */
  heardOf(member: Member, place: Place): readonly PresenceRecord[] {
    const [newcomer] = this.#unseenNewcomers(place, this.#step.now, member);
    if (newcomer === undefined) return [];
    this.#newcomers.delete(newcomer);
    return this.#claim(newcomer);
  }

  /**
   * While this replica is young, a newcomer may be a client of a replica that left before it started. When no news of a pending
   * leave has come for it, it claims a presence of whichever replica has left.
   */
  claimForYoungNewcomers(): void {
    const { now } = this.#step;
    while (now >= this.nextAt) {
      const newcomer = this.#newcomers.oldest!;
      this.#newcomers.delete(newcomer);
      this.claims.onLeft(newcomer, undefined, this.#youngUntil);
    }
  }

  /**
   * A peer has left. Its pending leaves that our newcomers have claimed are claimed again, now at all peers. Our other newcomers
   * since `since` that it had not seen are probably its clients, which have reconnected here.
   */
  peerLeft(member: Member, presences: LeftPresences, since: number): readonly PresenceRecord[] {
    const { id } = member.sender;
    const leaves: PresenceRecord[] = [];
    for (const { newcomer, claim } of this.claims.takeUnanswered(id)) {
      // An older claim was probably refused, and the answer was lost.
      if (this.#newsBy(newcomer) >= since) leaves.push(...this.#claimOfLeft(newcomer, id, claim.number));
    }
    for (const place of [...presences.places()]) {
      for (const newcomer of this.#unseenNewcomers(place, since, member)) {
        if (presences.countAt(place) === 0) break;
        this.#newcomers.delete(newcomer);
        leaves.push(...this.#claimOfLeft(newcomer, id));
      }
    }
    return leaves;
  }

  /** Carries out a claim on a replica that has left. The newcomer of a claim of ours that is lost by it supersedes another presence. */
  carryOutOnLeft(id: string, place: Place, claim: ClaimId): readonly PresenceRecord[] {
    const { leaves, lost } = this.#lingering.carryOut(id, place, claim);
    const isOurs = lost?.claimer === this.#options.set.replica;
    const newcomer = isOurs ? this.claims.takeLost(lost.number) : undefined;
    return newcomer === undefined ? leaves : [...leaves, ...this.#supersede(newcomer)];
  }

  /** A peer is down or forgotten: it answers no claims. */
  forget(id: string): void {
    this.claims.takeUnanswered(id);
  }

  /** This replica has a new id. Peers would take its claims for new ones. */
  renamed(): void {
    this.claims.clear();
    this.#peerPendingLeaves.claimsEnded();
    this.#newcomers.clear();
    this.#returnedDot = 0;
  }

  /** Drops what does not matter any more. */
  expire(): void {
    for (const { replica, number, ...place } of this.claims.expire(this.#step.now))
      this.#peerPendingLeaves.claimEnded(replica!, place, number);
    this.#newcomers.expire(this.#step.now);
  }

  #supersede(newcomer: Newcomer): readonly PresenceRecord[] {
    const { topic, key } = newcomer;
    const since = this.#pendingLeaves.oldestDueAt(topic, key) - this.#leaveDelayMs;
    if (since > this.#newsBy(newcomer)) return this.#claim(newcomer);
    return this.#claimOverdue(newcomer, since) ?? this.#endOwn(this.#pendingLeaves.takeOldest(topic, key)!);
  }

  /**
   * Claims the pending leave of another replica that has waited longest, if it has waited long and began before `than`. If
   * each node only took its own while it has some, the others would leave although their clients have come back.
   */
  #claimOverdue(newcomer: Newcomer, than: number): readonly PresenceRecord[] | undefined {
    const overdue = this.#step.now - OVERDUE * this.#leaveDelayMs;
    // A peer that is not heard would not answer, and the claim would be lost.
    const isHeard = (id: string) => (this.#options.members.get(id)?.heardAt ?? 0) >= overdue;
    const peer = this.#peerPendingLeaves.oldest(newcomer, isHeard);
    const left = this.#lingering.oldest(newcomer);
    const before = Math.min(than, overdue);
    if (left !== undefined && left.since < Math.min(before, peer?.since ?? before))
      return this.#claimOfLeft(newcomer, left.replica);
    if (peer === undefined || peer.since >= before) return undefined;
    this.#claimOfPeer(newcomer, peer.replica, peer.upTo);
    return [];
  }

  /** Claims a pending leave for a newcomer. If none is known, the newcomer may claim one later. */
  #claim(newcomer: Newcomer): readonly PresenceRecord[] {
    const newsBy = this.#newsBy(newcomer);
    const overdue = this.#claimOverdue(newcomer, newsBy);
    if (overdue !== undefined) return overdue;
    const left = this.#lingering.best(newcomer, newsBy);
    const peer = this.#peerPendingLeaves.best(newcomer, newsBy);
    if (left !== undefined && left.available >= (peer?.available ?? 0))
      return this.#claimOfLeft(newcomer, left.replica);
    if (peer !== undefined) this.#claimOfPeer(newcomer, peer.replica, peer.upTo);
    else if (this.#leaveDelayMs > 0) this.#newcomers.add(newcomer);
    return [];
  }

  /** Claims a presence of a lingering replica, which leaves here at once. */
  #claimOfLeft(newcomer: Newcomer, id: string, number?: number): readonly PresenceRecord[] {
    const { presences, until } = this.#lingering.get(id)!;
    if (presences.countAt(newcomer) === 0) return this.#supersede(newcomer);
    const claim = this.claims.onLeft(newcomer, id, until, number);
    return this.carryOutOnLeft(id, newcomer, { claimer: this.#options.set.replica, number: claim.number });
  }

  #claimOfPeer(newcomer: Newcomer, peer: string, upTo: number): void {
    const delayMs = this.#options.members.get(peer)?.leaveDelayMs ?? this.#leaveDelayMs;
    const { number } = this.claims.onPeer(newcomer, peer, upTo, this.#step.now + delayMs);
    this.#peerPendingLeaves.claimed(peer, newcomer, number);
  }

  /**
   * Our newcomers at a place that may supersede what began at this time, except those that the peer had seen by its latest heartbeat.
   */
  #unseenNewcomers(place: Place, began: number, { reported }: Member): readonly Newcomer[] {
    return this.#newcomers
      .since(place, began - this.#newsDelayMs(this.#options.broadcastPeriodMs))
      .filter((newcomer) => this.#newsBy(newcomer) >= began && reported?.seen.has(newcomer.dot) !== true);
  }

  /**
   * By when a pending leave has begun that a newcomer may supersede. While the join of the newcomer has not come back to us, the news
   * may be on its way before it, however long both take.
   */
  #newsBy({ joinedAt, dot }: Newcomer): number {
    const { silenceDetector, broadcastPeriodMs } = this.#options;
    const isOnItsWay = dot > this.#returnedDot;
    return joinedAt + this.#newsDelayMs(isOnItsWay ? broadcastPeriodMs : silenceDetector.messageDelayMs);
  }

  /** How long the news of a pending leave may take. */
  #newsDelayMs(messageDelayMs: number): number {
    return Math.max(MIN_NEWS_DELAY_MS, 4 * this.#options.flushDelayMs) + messageDelayMs;
  }

  #endOwn({ owner, topic, key }: { readonly owner: number } & Place): readonly PresenceRecord[] {
    return this.#presences.end(owner, topic, key);
  }
}
