import { type Change, NO_CHANGE } from "../../crdt/change.ts";
import type { PresenceRecord } from "../../crdt/live-entry.ts";
import type { PresenceSet } from "../../crdt/presence-set.ts";
import type { Claim, ClaimAnswer, Handover } from "../../wire/replica-message.ts";
import type { Member } from "../member.ts";
import type { Members } from "../members.ts";
import type { SilenceDetector } from "../silence-detector.ts";
import type { Step } from "../step.ts";
import { type DepartingPresences, PresencesOfSet } from "./departing-presences.ts";
import { type Departure, LingeringReplicas } from "./lingering-replicas.ts";
import { PeerPendingLeaves } from "./peer-pending-leaves.ts";
import { type PendingLeave, PendingLeaves } from "./pending-leaves.ts";
import type { Place } from "./place.ts";
import { ReceivedClaims } from "./received-claims.ts";
import { Superseding } from "./superseding.ts";

interface DeparturesOptions {
  readonly set: PresenceSet;
  readonly step: Step;
  readonly members: Members;
  readonly silenceDetector: Pick<SilenceDetector, "messageDelayMs">;
  readonly leaveDelayMs: number;
  readonly flushDelayMs: number;
  readonly broadcastPeriodMs: number;
  readonly downPeriodMs: number;
  /** The presences that may leave, if they are not those of the set. */
  readonly departing?: DepartingPresences | undefined;
}

const NO_HANDOVER: Handover = { lastPendingLeave: 0, pendingLeaves: [], claims: [], answers: [] };

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
  readonly #presences: DepartingPresences;
  readonly #step: Step;
  readonly #leaveDelayMs: number;
  readonly #pendingLeaves = new PendingLeaves();
  readonly #lingering: LingeringReplicas;
  readonly #peerPendingLeaves = new PeerPendingLeaves();
  readonly #superseding: Superseding;
  readonly #received: ReceivedClaims;
  /** Our own pending leaves that have not been published yet. */
  readonly #unpublished = new Set<PendingLeave>();

  constructor(options: DeparturesOptions) {
    const { set, step, leaveDelayMs, downPeriodMs, departing = new PresencesOfSet(set) } = options;
    this.#options = options;
    this.#set = set;
    this.#presences = departing;
    this.#step = step;
    this.#leaveDelayMs = leaveDelayMs;
    this.#lingering = new LingeringReplicas(step);
    this.#superseding = new Superseding({
      ...options,
      presences: departing,
      pendingLeaves: this.#pendingLeaves,
      lingering: this.#lingering,
      peerPendingLeaves: this.#peerPendingLeaves,
    });
    this.#received = new ReceivedClaims({ keepMs: leaveDelayMs, keepEarlyMs: downPeriodMs });
  }

  /** The replicas that have left and whose presences are still listed. */
  get lingering(): LingeringReplicas {
    return this.#lingering;
  }

  get nextAt(): number {
    return Math.min(this.#pendingLeaves.nextAt, this.#lingering.nextAt, this.#superseding.nextAt);
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

  /** The number of our own pending leaves with this topic and key. */
  ownCountAt(topic: string, key: string): number {
    return this.#pendingLeaves.countAt(topic, key);
  }

  /** Whether this presence of one of our own owners is a pending leave. */
  isPending(owner: number, topic: string, key: string): boolean {
    return this.#pendingLeaves.find(owner, topic, key) !== undefined;
  }

  /** This replica has started. */
  started(): void {
    this.#superseding.started();
  }

  /** Our own events up to this one have come back to us. */
  ownDotReturned(dot: number): void {
    this.#superseding.ownDotReturned(dot);
  }

  /** Claims what newcomers of a young replica have waited for. */
  claimForYoungNewcomers(): void {
    this.#superseding.claimForYoungNewcomers();
  }

  /** Makes the presences of one of our own owners pending leaves. Without a leave delay, they leave in the returned change. */
  ownerEnded(owner: number): Change {
    const presences = this.#presences.ofOwner(owner);
    if (this.#leaveDelayMs === 0)
      return { joins: [], leaves: presences.flatMap((presence) => this.#endOwn(presence)) };
    const dueAt = this.#step.now + this.#leaveDelayMs;
    for (const { topic, key } of presences) {
      if (this.isPending(owner, topic, key)) continue;
      const pending = this.#pendingLeaves.add({ owner, topic, key }, dueAt);
      this.#unpublished.add(pending);
      this.#presences.pendingLeavesChanged(pending);
    }
    return NO_CHANGE;
  }

  /** Cancels the pending leave of one of our own owners. */
  revive(owner: number, topic: string, key: string): void {
    const pending = this.#pendingLeaves.find(owner, topic, key);
    if (pending === undefined) return;
    this.#pendingLeaves.delete(pending);
    this.#presences.pendingLeavesChanged(pending);
  }

  /** One of our own presences has joined. Returns its join, with the leaves of presences that it supersedes. */
  joined(presence: PresenceRecord): Change {
    return { joins: [presence], leaves: this.#superseding.joined(presence) };
  }

  /** Some of our own presences have left. They are not pending leaves any more. */
  left({ leaves }: Change): void {
    if (this.#pendingLeaves.isEmpty) return;
    for (const { owner, topic, key } of leaves) this.revive(owner, topic, key);
  }

  /** Ends our own pending leaves that are due. */
  takeDue(): Change {
    const due = this.#pendingLeaves.takeDue(this.#step.now);
    return { joins: [], leaves: due.flatMap((pending) => this.#endOwn(pending)) };
  }

  /** Drops what does not matter any more. */
  expire(): void {
    this.#lingering.expire();
    this.#superseding.expire();
    this.#received.expire(this.#step.now);
  }

  /**
   * Makes the presences of a peer that has left pending leaves for a while. Our own newcomers since it left that it has not
   * seen are probably its clients, which have reconnected here.
   */
  linger(member: Member, departure: Departure): void {
    const { id } = member.sender;
    const presences = this.#presences.ofReplica(id);
    this.#lingering.add(member, departure, presences);
    const leaves: PresenceRecord[] = [];
    for (const claim of this.#received.takeEarly(id))
      leaves.push(...this.#superseding.carryOutOnLeft(id, claim, claim));
    leaves.push(...this.#superseding.peerLeft(member, presences, departure.since));
    this.#peerPendingLeaves.forget(id);
    this.#step.diff({ joins: [], leaves }, "replica");
  }

  /** A peer is down or forgotten. What it said about pending leaves does not matter any more. */
  forget(id: string): void {
    this.#peerPendingLeaves.forget(id);
    this.#received.takeEarly(id);
    this.#superseding.forget(id);
  }

  /** This replica has a new id, which peers take for a replica that they do not know. */
  renamed(): void {
    this.#superseding.renamed();
    this.#received.clear();
    for (const pending of this.#pendingLeaves.all()) this.#unpublished.add(pending);
  }

  /** Takes in a change of a peer, and what it says about pending leaves. Returns the presences that leave in addition. */
  receive(
    member: Member,
    change: Change,
    given: Handover | undefined,
    isOwnId: (id: string) => boolean,
  ): readonly PresenceRecord[] {
    const handover = given ?? NO_HANDOVER;
    const news = this.#recordPendingLeaves(member, change, handover);
    const leaves: PresenceRecord[] = [];
    for (const claim of handover.claims) leaves.push(...this.#receiveClaim(member, claim, isOwnId));
    for (const answer of handover.answers) {
      if (answer.isGranted) this.#received.granted(member, answer);
      if (isOwnId(answer.claimer)) leaves.push(...this.#superseding.answered(answer));
    }
    for (const place of news) leaves.push(...this.#superseding.heardOf(member, place));
    return leaves;
  }

  /** Whether there is something that peers have to know within a flush delay. */
  get hasUnpublished(): boolean {
    return this.#unpublished.size > 0 || this.#superseding.claims.hasUnpublished || this.#received.hasUnsent;
  }

  /** Takes what peers do not know yet, for a delta. */
  takeHandover(): Handover | undefined {
    if (!this.hasUnpublished) return undefined;
    const pending = [...this.#unpublished].filter((each) => this.#pendingLeaves.has(each));
    this.#unpublished.clear();
    const claims = this.#superseding.claims.takeUnpublished();
    return this.#handover(pending, claims, this.#received.takeUnsent());
  }

  /** Everything that still matters, for a heartbeat. */
  fullHandover(): Handover | undefined {
    const pending = [...this.#pendingLeaves.all()].slice(-MAX_ANNOUNCED);
    return this.#handover(pending, this.#superseding.claims.toRepeat(), []);
  }

  #handover(
    pending: readonly PendingLeave[],
    claims: readonly Claim[],
    answers: readonly ClaimAnswer[],
  ): Handover | undefined {
    if (pending.length === 0 && claims.length === 0 && answers.length === 0) return undefined;
    const pendingLeaves = pending.flatMap(
      ({ owner, topic, key }) => this.#presences.dotOf(owner, topic, key) ?? [],
    );
    return { lastPendingLeave: this.#pendingLeaves.lastNumber, pendingLeaves, claims, answers };
  }

  #receiveClaim(member: Member, claim: Claim, isOwnId: (id: string) => boolean): readonly PresenceRecord[] {
    const { id } = member.sender;
    const { replica, upTo } = claim;
    const isFirst = this.#received.isFirst(member, claim);
    if (replica === undefined) return isFirst ? this.#endOfWhicheverLeft(member, claim) : [];
    if (upTo > 0) {
      if (!isOwnId(replica)) return [];
      if (isFirst) return this.#carryOut(id, claim);
      this.#received.repeatAnswer(id, claim);
    } else if (this.#lingering.get(replica) !== undefined) {
      return this.#superseding.carryOutOnLeft(replica, claim, { claimer: id, number: claim.number });
    } else if (this.#options.members.get(replica) !== undefined) {
      this.#received.keepEarly(replica, id, claim, this.#step.now);
    }
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
    return this.#lingering.firstWith(claim, addedAt)?.presences.endOldest(claim) ?? [];
  }

  /** Records the pending leaves of a peer. Returns the place of each that is news. */
  #recordPendingLeaves(member: Member, { joins, leaves }: Change, handover: Handover): readonly Place[] {
    const { id } = member.sender;
    const { now } = this.#step;
    if (!this.#set.isShown(id)) return [];
    const known = this.#peerPendingLeaves;
    if (handover.lastPendingLeave > 0) known.announcedNumber(id, handover.lastPendingLeave, now);
    const news: Place[] = [];
    if (this.#presences.areCounted) {
      for (const [place, number] of this.#presences.pendingLeavesIn({ joins, leaves }, !known.isEmpty)) {
        for (let added = known.setNumber(id, place, number, now); added > 0; added--) news.push(place);
      }
      return news;
    }
    if (!known.isEmpty) for (const entry of leaves) known.left(id, entry, entry.dot);
    for (const dot of handover.pendingLeaves) {
      const presence = this.#presences.atDot(id, dot);
      if (presence !== undefined && known.add(id, presence, dot, now)) news.push(presence);
    }
    return news;
  }

  #endOwn({ owner, topic, key }: { readonly owner: number } & Place): readonly PresenceRecord[] {
    return this.#presences.end(owner, topic, key);
  }
}
