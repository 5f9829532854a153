import { Intervals } from "../crdt/intervals.ts";
import type { PresenceSet } from "../crdt/presence-set.ts";
import type { Envelope, ReplicaIncarnation } from "../wire/replica-message.ts";
import type { Departures } from "./departures/departures.ts";
import { compareIncarnations, type Member } from "./member.ts";
import type { Members } from "./members.ts";
import type { Pulls } from "./pulls.ts";
import { TooManyReplicasError } from "./replication-errors.ts";
import type { ReplicationOptions } from "./replication-options.ts";
import type { Step } from "./step.ts";
import type { Tombstones } from "./tombstones.ts";

interface MembershipOptions extends ReplicationOptions {
  readonly set: PresenceSet;
  readonly step: Step;
  readonly members: Members;
  readonly tombstones: Tombstones;
  readonly pulls: Pulls;
  readonly departures: Departures;
}

/** The status of peers: a peer comes up, goes down after silence, comes up again, leaves, or is forgotten. */
export class Membership {
  readonly #options: MembershipOptions &
    Required<Pick<ReplicationOptions, "maxPeerLeaveDelayMs" | "maxReplicas">>;
  #hasReportedFull = false;

  constructor(options: MembershipOptions) {
    const { maxPeerLeaveDelayMs = Number.POSITIVE_INFINITY, maxReplicas = Number.POSITIVE_INFINITY } =
      options;
    this.#options = { ...options, maxPeerLeaveDelayMs, maxReplicas };
  }

  /**
   * Adds a peer whose first message has arrived. It takes over its name: an earlier incarnation of the name leaves, and a
   * later one, which is down, is forgotten.
   */
  add(sender: ReplicaIncarnation): Member {
    const { set, step, members } = this.#options;
    const current = members.named(sender.name);
    if (current !== undefined && compareIncarnations(current.sender, sender) < 0)
      this.end(current.sender, current.leaveDelayMs ?? 0, { since: current.heardAt });
    else if (current !== undefined) this.#forget(current);
    set.show(sender.id);
    step.add({ type: "replica", status: "up", replica: sender });
    return members.add(sender, step.now);
  }

  /**
   * Makes room for another peer if there are `maxReplicas`. It forgets the peer that was down for longest, or else the oldest
   * one that sent a single message only, as an invented replica does. Returns false if there is neither: all are alive.
   */
  makeRoom(): boolean {
    const { members, maxReplicas, step } = this.#options;
    if (members.size < maxReplicas) return true;
    if (!this.#hasReportedFull) step.warn(new TooManyReplicasError(maxReplicas));
    this.#hasReportedFull = true;
    const dropped = members.mostDispensable();
    if (dropped === undefined) return false;
    this.#forget(dropped);
    return true;
  }

  /** Records a sign of life. Returns whether the peer was down. Its presences stay hidden until `showIfCaughtUp`. */
  signOfLife(member: Member, { counter }: Envelope): boolean {
    const { step } = this.#options;
    if (member.counter >= 0) member.isConfirmed = true;
    member.counter = counter;
    member.heardAt = step.now;
    member.silentSince = step.now;
    if (member.status === "up") return false;
    member.status = "up";
    step.add({ type: "replica", status: "up", replica: member.sender });
    return true;
  }

  /** Records what a peer advertises of itself. The first time after it came up, this is what this replica must see to catch up with it. */
  advertised(member: Member, seen: Intervals): void {
    member.advertised = seen;
    if (!member.isCaughtUp) member.requiredSeen ??= seen;
  }

  /** Shows the presences of a peer once this replica has caught up with it. */
  showIfCaughtUp(member: Member): void {
    const { set, step } = this.#options;
    if (member.requiredSeen === undefined || !set.hasSeen(member.sender.id, member.requiredSeen)) return;
    member.requiredSeen = undefined;
    member.isCaughtUp = true;
    step.diff(set.show(member.sender.id), "replica");
  }

  /**
   * The failure detector: marks silent peers as down, and forgets peers that were silent for `permdownPeriodMs`. A peer whose
   * heartbeats come at longer intervals than ours has a longer `downPeriodMs` in proportion.
   */
  expireSilent(): void {
    const { downPeriodMs, permdownPeriodMs } = this.#options;
    const { now } = this.#options.step;
    for (const member of [...this.#options.members.all()]) {
      // A slow peer is down later. It stays down as long as any other peer before it is forgotten.
      const downAt = member.silentSince + downPeriodMs * member.slowness;
      if (now >= downAt + permdownPeriodMs - downPeriodMs) this.#forget(member);
      else if (member.status === "up" && now >= downAt) this.#down(member);
    }
  }

  /**
   * Ends an incarnation that left or was taken over: later messages of it are ignored. Presences that readers see linger
   * for `lingerMs`, but no longer than the peer announced in its heartbeats, `maxPeerLeaveDelayMs` and `permdownPeriodMs`. Those
   * of a peer that sent a single message only do not linger, and no more than `maxReplicas` peers do.
   *
   * `since` is the time from which its clients may have reconnected elsewhere, `lastDot` its last dot if it has said so.
   */
  end(
    { id }: ReplicaIncarnation,
    lingerMs: number,
    { since = this.#options.step.now, lastDot }: { readonly since?: number; readonly lastDot?: number },
  ): void {
    const { set, step, members, tombstones, pulls, departures } = this.#options;
    tombstones.add(id, step.now);
    const member = members.get(id);
    if (member === undefined) {
      departures.lingering.shorten(id, lingerMs);
      return;
    }
    const { permdownPeriodMs, maxPeerLeaveDelayMs, maxReplicas } = this.#options;
    const { leaveDelayMs = maxPeerLeaveDelayMs, isConfirmed } = member;
    const allowedMs = Math.min(lingerMs, leaveDelayMs, maxPeerLeaveDelayMs, permdownPeriodMs);
    const hasRoom = isConfirmed && departures.lingering.size < maxReplicas;
    if (allowedMs === 0 || !hasRoom || !set.isShown(id) || set.countOfReplica(id) === 0) {
      this.#forget(member);
    } else {
      members.delete(member);
      pulls.forget(id);
      const isComplete = lastDot !== undefined && set.seenOf(id).covers(Intervals.range(1, lastDot));
      departures.linger(member, { lingerMs: allowedMs, since, isComplete });
    }
  }

  /**
   * This replica could not hear for `gapMs`, so the silence of peers does not include that time. A peer that is up has a
   * whole `downPeriodMs` again.
   */
  excuseSilence(gapMs: number): void {
    if (gapMs === 0) return;
    const { step, members } = this.#options;
    for (const member of members.all()) {
      member.silentSince = member.status === "up" ? step.now : member.silentSince + gapMs;
    }
  }

  #down(member: Member): void {
    const { set, step, pulls, departures } = this.#options;
    member.status = "down";
    member.requiredSeen = undefined;
    member.isCaughtUp = false;
    pulls.forget(member.sender.id);
    departures.forget(member.sender.id);
    step.diff(set.hide(member.sender.id), "replica");
    step.add({ type: "replica", status: "down", replica: member.sender });
  }

  #forget(member: Member): void {
    const { set, step, members, pulls, departures } = this.#options;
    members.forget(member);
    pulls.forget(member.sender.id);
    departures.forget(member.sender.id);
    step.diff(set.forget(member.sender.id), "replica");
    step.add({ type: "replica", status: "permdown", replica: member.sender });
  }
}
