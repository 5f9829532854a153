import type { Change } from "../../crdt/change.ts";
import type { PresenceRecord } from "../../crdt/live-entry.ts";
import type { PresenceSet } from "../../crdt/presence-set.ts";
import type { Claim, ClaimAnswer, Handover } from "../../wire/replica-message.ts";
import type { Member } from "../member.ts";
import type { Members } from "../members.ts";
import type { SilenceDetector } from "../silence-detector.ts";
import type { Step } from "../step.ts";
import { Claims } from "./claims.ts";
import { type ClaimId, LingeringReplicas } from "./lingering-replicas.ts";
import { type Newcomer, Newcomers } from "./newcomers.ts";
import { PeerPendingLeaves } from "./peer-pending-leaves.ts";
import { PendingLeaves } from "./pending-leaves.ts";
import type { Place } from "./place.ts";
import { ReceivedClaims } from "./received-claims.ts";

interface DeparturesOptions {
  readonly set: PresenceSet;
  readonly step: Step;
  readonly members: Members;
  readonly silenceDetector: Pick<SilenceDetector, "messageDelayMs">;
  readonly leaveDelayMs: number;
  readonly flushDelayMs: number;
  readonly downPeriodMs: number;
}

/**
 * How long the news of a pending leave may take, in ms, apart from the way of the message: a peer publishes it one flush
 * delay later, and either process may be busy.
 */
const MIN_NEWS_DELAY_MS = 100;

/** The part of the leave delay after which a pending leave of another replica goes before one of our own. */
const OVERDUE = 0.2;

/** The most pending leaves that a heartbeat announces. */
const MAX_ANNOUNCED = 4_096;

/**
 * Delays the leaves of our own owners that have ended and of replicas that have left. A pending leave becomes a leave when
 * its time is over, or earlier when a newcomer supersedes it: a new presence with the same topic and key.
 *
 * One newcomer supersedes at most one pending leave in the whole cluster. So only the node of the newcomer decides which: one
 * of its own, or else one that it claims. A live peer answers a claim. The presences of a replica that has left are at every
 * peer, and all peers carry out a claim on them alike.
 */
export class Departures {
  readonly #options: DeparturesOptions;
  readonly #set: PresenceSet;
  readonly #step: Step;
  readonly #leaveDelayMs: number;
  readonly #pendingLeaves = new PendingLeaves();
  readonly #lingering: LingeringReplicas;
  readonly #peerPendingLeaves = new PeerPendingLeaves();
  readonly #newcomers: Newcomers;
  readonly #claims = new Claims();
  readonly #received: ReceivedClaims;
  /** Our own pending leaves that have not been published yet. */
  #unpublished = new Set<{ readonly owner: number } & Place>();
  /** Until when there may be replicas that left before this one heard of them. */
  #youngUntil = Number.NEGATIVE_INFINITY;

  constructor(options: DeparturesOptions) {
    const { set, step, leaveDelayMs, downPeriodMs } = options;
    this.#options = options;
    this.#set = set;
    this.#step = step;
    this.#leaveDelayMs = leaveDelayMs;
    this.#lingering = new LingeringReplicas(set, step);
    this.#newcomers = new Newcomers(downPeriodMs);
    this.#received = new ReceivedClaims({ keepMs: leaveDelayMs, keepEarlyMs: downPeriodMs });
  }

  /** The replicas that have left and whose presences are still listed. */
  get lingering(): LingeringReplicas {
    return this.#lingering;
  }

  get nextAt(): number {
    return Math.min(this.#pendingLeaves.nextAt, this.#lingering.nextAt, this.#youngNewcomerAt);
  }

  /** The number of pending leaves with this topic and key that a newcomer could supersede. */
  countAt(topic: string, key: string): number {
    const place = { topic, key };
    return (
      this.#pendingLeaves.countAt(topic, key) +
      this.#lingering.availableAt(place) +
      this.#peerPendingLeaves.availableAt(place)
    );
  }

  /** Whether this presence of one of our own owners is a pending leave. */
  isPending(owner: number, topic: string, key: string): boolean {
    return this.#pendingLeaves.find(owner, topic, key) !== undefined;
  }

  /** This replica has started. */
  started(): void {
    this.#youngUntil = this.#step.now + this.#leaveDelayMs;
  }

  /** Makes the presences of one of our own owners pending leaves. Without a leave delay, they leave in the returned change. */
  ownerEnded(owner: number): Change {
    if (this.#leaveDelayMs === 0) return this.#set.leaveAll(owner);
    const dueAt = this.#step.now + this.#leaveDelayMs;
    for (const { topic, key } of this.#set.presencesOf(owner).sort(byDot)) {
      if (this.isPending(owner, topic, key)) continue;
      this.#unpublished.add(this.#pendingLeaves.add({ owner, topic, key }, dueAt));
    }
    return { joins: [], leaves: [] };
  }

  /** Cancels the pending leave of one of our own owners. */
  revive(owner: number, topic: string, key: string): void {
    const pending = this.#pendingLeaves.find(owner, topic, key);
    if (pending !== undefined) this.#pendingLeaves.delete(pending);
  }

  /** One of our own presences has joined. Returns its join, with the leaves of presences that it supersedes. */
  joined(presence: PresenceRecord): Change {
    return { joins: [presence], leaves: this.#superseded(presence) };
  }

  /** Some of our own presences have left. They are not pending leaves any more. */
  left({ leaves }: Change): void {
    if (this.#pendingLeaves.isEmpty) return;
    for (const { owner, topic, key } of leaves) this.revive(owner, topic, key);
  }

  /** Some presences of peers have left. */
  peerPresencesLeft(leaves: readonly PresenceRecord[]): void {
    if (this.#peerPendingLeaves.isEmpty) return;
    for (const presence of leaves) this.#peerPendingLeaves.left(presence.replica, presence, presence.dot);
  }

  /** Ends our own pending leaves that are due. */
  takeDue(): Change {
    const due = this.#pendingLeaves.takeDue(this.#step.now);
    return { joins: [], leaves: due.flatMap((pending) => this.#endOwn(pending)) };
  }

  /**
   * While this replica is young, a newcomer may be a client of a replica that left before it started. When no news of a pending
   * leave has come for it, it claims a presence of whichever replica has left.
   */
  claimForYoungNewcomers(): void {
    const { now } = this.#step;
    while (now >= this.#youngNewcomerAt) {
      const newcomer = this.#newcomers.oldest!;
      this.#newcomers.delete(newcomer);
      this.#claims.onLeft(newcomer, undefined, this.#youngUntil);
    }
  }

  /** Drops what does not matter any more. */
  expire(): void {
    const { now } = this.#step;
    this.#lingering.expire();
    this.#claims.expire(now);
    this.#newcomers.expire(now);
    this.#received.expire(now);
  }

  /**
   * Makes the presences of a peer that has left pending leaves for `lingerMs`. Our own newcomers since `since` that it has not
   * seen are probably its clients, which have reconnected here.
   */
  linger(member: Member, lingerMs: number, since: number): void {
    const { id } = member.sender;
    const places = this.#lingering.add(member.sender, member.heardAt, lingerMs);
    const leaves: PresenceRecord[] = [];
    for (const claim of this.#received.takeEarly(id)) leaves.push(...this.#endClaimed(id, claim, claim));
    for (const { newcomer } of this.#claims.takeUnanswered(id))
      leaves.push(...this.#claimOfLeft(newcomer, id));
    const from = since - this.#newsDelayMs;
    for (const [place] of [...places.entries()]) {
      for (const newcomer of this.#unseenNewcomers(place, from, member)) {
        if (this.#lingering.availableAt(place, id) === 0) break;
        this.#newcomers.delete(newcomer);
        leaves.push(...this.#claimOfLeft(newcomer, id));
      }
    }
    this.#peerPendingLeaves.forget(id);
    this.#step.diff({ joins: [], leaves }, "replica");
  }

  /** A peer is down or forgotten. What it said about pending leaves does not matter any more. */
  forget(id: string): void {
    this.#peerPendingLeaves.forget(id);
    this.#received.takeEarly(id);
    this.#claims.takeUnanswered(id);
  }

  /** This replica has a new id, which peers take for a replica that they do not know. */
  renamed(): void {
    this.#claims.clear();
    this.#newcomers.clear();
    this.#received.clear();
    for (const pending of this.#pendingLeaves.all()) this.#unpublished.add(pending);
  }

  /** Takes in what a peer says about pending leaves. Returns the presences that leave. */
  receive(member: Member, handover: Handover, isOwnId: (id: string) => boolean): readonly PresenceRecord[] {
    const leaves: PresenceRecord[] = [];
    for (const claim of handover.claims) leaves.push(...this.#receiveClaim(member, claim, isOwnId));
    for (const answer of handover.answers) {
      if (isOwnId(answer.claimer)) leaves.push(...this.#receiveAnswer(answer));
    }
    leaves.push(...this.#receivePendingLeaves(member, handover));
    return leaves;
  }

  /** Whether there is something that peers have to know within a flush delay. */
  get hasUnpublished(): boolean {
    return this.#unpublished.size > 0 || this.#claims.hasUnpublished || this.#received.hasUnsent;
  }

  /** Takes what peers do not know yet, for a delta. */
  takeHandover(): Handover | undefined {
    if (!this.hasUnpublished) return undefined;
    const pendingLeaves = [...this.#unpublished].flatMap((pending) => this.#dotOf(pending));
    this.#unpublished.clear();
    const claims = this.#claims.takeUnpublished();
    const answers = this.#received.takeUnsent();
    return { lastPendingLeave: this.#pendingLeaves.lastNumber, pendingLeaves, claims, answers };
  }

  /** Everything that still matters, for a heartbeat. */
  fullHandover(): Handover | undefined {
    const pending = [...this.#pendingLeaves.all()].slice(-MAX_ANNOUNCED);
    const claims = this.#claims.toRepeat(this.#step.now);
    if (pending.length === 0 && claims.length === 0) return undefined;
    const pendingLeaves = pending.flatMap((each) => this.#dotOf(each));
    return { lastPendingLeave: this.#pendingLeaves.lastNumber, pendingLeaves, claims, answers: [] };
  }

  /** Finds the pending leave that a new presence supersedes. Returns what leaves at once. */
  #superseded({ topic, key, dot }: PresenceRecord): readonly PresenceRecord[] {
    return this.#supersede({ topic, key, dot, joinedAt: this.#step.now });
  }

  #supersede(newcomer: Newcomer): readonly PresenceRecord[] {
    const { topic, key } = newcomer;
    const dueAt = this.#pendingLeaves.oldestDueAt(topic, key);
    if (dueAt === undefined) return this.#claim(newcomer);
    return (
      this.#claimOverdue(newcomer, dueAt - this.#leaveDelayMs) ??
      this.#endOwn(this.#pendingLeaves.takeOldest(topic, key)!)
    );
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
    const overdue = this.#claimOverdue(newcomer, this.#step.now);
    if (overdue !== undefined) return overdue;
    const left = this.#lingering.best(newcomer);
    const peer = this.#peerPendingLeaves.best(newcomer, newcomer.joinedAt + this.#newsDelayMs);
    if (left !== undefined && left.available >= (peer?.available ?? 0))
      return this.#claimOfLeft(newcomer, left.replica);
    if (peer !== undefined) this.#claimOfPeer(newcomer, peer.replica, peer.upTo);
    else if (this.#leaveDelayMs > 0) this.#newcomers.add(newcomer);
    return [];
  }

  /** Claims a presence of a lingering replica, which leaves here at once. */
  #claimOfLeft(newcomer: Newcomer, id: string): readonly PresenceRecord[] {
    if (this.#lingering.availableAt(newcomer, id) === 0) return this.#supersede(newcomer);
    const { number } = this.#claims.onLeft(newcomer, id, this.#lingering.until(id));
    return this.#endClaimed(id, newcomer, { claimer: this.#set.replica, number });
  }

  /** Carries out a claim on a presence of a lingering replica. The newcomer of a lost claim of ours finds another one. */
  #endClaimed(id: string, place: Place, claim: ClaimId): readonly PresenceRecord[] {
    const { leaves, lost } = this.#lingering.claim(id, place, claim);
    const newcomer = lost?.claimer === this.#set.replica ? this.#claims.takeLost(lost.number) : undefined;
    return newcomer === undefined ? leaves : [...leaves, ...this.#supersede(newcomer)];
  }

  #claimOfPeer(newcomer: Newcomer, peer: string, upTo: number): void {
    const { now } = this.#step;
    const delayMs = this.#options.members.get(peer)?.leaveDelayMs ?? this.#leaveDelayMs;
    const { number } = this.#claims.onPeer(newcomer, peer, upTo, now + delayMs);
    this.#peerPendingLeaves.claimed(peer, newcomer, number, now);
  }

  #receiveClaim(member: Member, claim: Claim, isOwnId: (id: string) => boolean): readonly PresenceRecord[] {
    const { id } = member.sender;
    const { replica, upTo } = claim;
    const isForUs = replica !== undefined && isOwnId(replica);
    if (!this.#received.isFirst(member, claim)) {
      if (isForUs) this.#received.repeatAnswer(id, claim);
      return [];
    }
    if (isForUs && upTo > 0) return this.#carryOut(id, claim);
    if (upTo > 0) return [];
    if (replica === undefined) return this.#endOfWhicheverLeft(member, claim);
    if (this.#lingering.has(replica))
      return this.#endClaimed(replica, claim, { claimer: id, number: claim.number });
    if (this.#options.members.get(replica) !== undefined)
      this.#received.keepEarly(replica, id, claim, this.#step.now);
    return [];
  }

  /** Carries out a claim on one of our own pending leaves, and answers it. */
  #carryOut(claimer: string, claim: Claim): readonly PresenceRecord[] {
    const pending = this.#pendingLeaves.takeOldest(claim.topic, claim.key, claim.upTo);
    this.#received.answer(claimer, claim, pending !== undefined, this.#step.now);
    return pending === undefined ? [] : this.#endOwn(pending);
  }

  /** Carries out a claim of a replica that does not know which replicas had left when it started. */
  #endOfWhicheverLeft({ addedAt }: Member, claim: Claim): readonly PresenceRecord[] {
    const left = this.#lingering.firstWith(claim, addedAt);
    return left === undefined ? [] : this.#lingering.endOldest(left, claim);
  }

  #receiveAnswer(answer: ClaimAnswer): readonly PresenceRecord[] {
    const unanswered = this.#claims.answered(answer);
    if (unanswered === undefined) return [];
    const { claim, newcomer } = unanswered;
    this.#peerPendingLeaves.answered(claim.replica!, claim, claim.number, answer.isGranted);
    return answer.isGranted ? [] : this.#supersede(newcomer);
  }

  /** Records the pending leaves that a peer announces. Our newcomers that came before the news claim them. */
  #receivePendingLeaves(member: Member, handover: Handover): readonly PresenceRecord[] {
    const { id } = member.sender;
    const { now } = this.#step;
    if (!this.#set.isShown(id) || handover.pendingLeaves.length === 0) return [];
    this.#peerPendingLeaves.announcedNumber(id, handover.lastPendingLeave);
    const leaves: PresenceRecord[] = [];
    for (const dot of handover.pendingLeaves) {
      const presence = this.#set.presenceAt(id, dot);
      if (presence === undefined || !this.#peerPendingLeaves.add(id, presence, dot, now)) continue;
      const [newcomer] = this.#unseenNewcomers(presence, now - this.#newsDelayMs, member);
      if (newcomer === undefined) continue;
      this.#newcomers.delete(newcomer);
      leaves.push(...this.#claim(newcomer));
    }
    return leaves;
  }

  /** Our newcomers at a place since a time, except those that the peer had seen by its latest heartbeat. */
  #unseenNewcomers(place: Place, since: number, { reportedSeen }: Member): readonly Newcomer[] {
    const newcomers = this.#newcomers.since(place, since);
    const reported = newcomers.length === 0 ? undefined : reportedSeen.get(this.#set.replica);
    return reported === undefined ? newcomers : newcomers.filter(({ dot }) => !reported.seen.has(dot));
  }

  /** When the oldest newcomer has waited long enough for news, while this replica is young. */
  get #youngNewcomerAt(): number {
    const { oldest } = this.#newcomers;
    if (oldest === undefined || this.#step.now >= this.#youngUntil) return Number.POSITIVE_INFINITY;
    return oldest.joinedAt + this.#newsDelayMs;
  }

  /** How long the news of a pending leave may take. */
  get #newsDelayMs(): number {
    const { flushDelayMs, silenceDetector } = this.#options;
    return Math.max(MIN_NEWS_DELAY_MS, 4 * flushDelayMs) + silenceDetector.messageDelayMs;
  }

  #endOwn({ owner, topic, key }: { readonly owner: number } & Place): readonly PresenceRecord[] {
    return this.#set.leave(owner, topic, key).leaves;
  }

  /** The current dot of one of our own presences, if it is still a pending leave. */
  #dotOf({ owner, topic, key }: { readonly owner: number } & Place): number[] {
    const presence = this.isPending(owner, topic, key) ? this.#set.get(owner, topic, key) : undefined;
    return presence === undefined ? [] : [presence.dot];
  }
}

function byDot(one: PresenceRecord, other: PresenceRecord): number {
  return one.dot - other.dot;
}
