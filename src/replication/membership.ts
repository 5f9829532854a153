import type { Intervals } from "../crdt/intervals.ts";
import type { PresenceSet } from "../crdt/presence-set.ts";
import type { Envelope, ReplicaIncarnation } from "../wire/replica-message.ts";
import type { Departures } from "./departures.ts";
import { compareIncarnations, type Member } from "./member.ts";
import type { Members } from "./members.ts";
import type { Pulls } from "./pulls.ts";
import type { ReplicationOptions } from "./replication-options.ts";
import type { Step } from "./step.ts";
import type { Tombstones } from "./tombstones.ts";

interface MembershipOptions extends ReplicationOptions {
  readonly set: PresenceSet;
  readonly outbox: Step;
  readonly members: Members;
  readonly tombstones: Tombstones;
  readonly pulls: Pulls;
  readonly departures: Departures;
}

/** Who is there: replicas come, are silent, come back, and go. */
export class Membership {
  readonly #options: MembershipOptions;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** Heard for the first time, or after it was forgotten. It takes the place of an earlier start of its name. */
  add(sender: ReplicaIncarnation): Member {
    const { set, outbox, members } = this.#options;
    const former = members.named(sender.name);
    if (former !== undefined && compareIncarnations(former.sender, sender) < 0)
      this.end(former.sender, former.leaveDelayMs);
    else if (former !== undefined) this.#forget(former);
    set.show(sender.id);
    outbox.add({ type: "replica", status: "up", replica: sender });
    return members.add(sender, outbox.now);
  }

  /** A sign of life. Whether it is the first since we took it for down: it stays hidden until we have what it has. */
  signOfLife(member: Member, { counter }: Envelope): boolean {
    const { outbox } = this.#options;
    member.counter = counter;
    member.heardAt = outbox.now;
    member.silentSince = outbox.now;
    if (member.status === "up") return false;
    member.status = "up";
    outbox.add({ type: "replica", status: "up", replica: member.sender });
    return true;
  }

  /** It says how far it is. The first time since it came up, this is what we have to have before it is settled. */
  advertised(member: Member, seen: Intervals): void {
    member.advertised = seen;
    if (!member.isCaughtUp) member.requiredSeen ??= seen;
  }

  /** Shows a replica that was down, once we have all that it had when it came back. */
  showIfCaughtUp(member: Member): void {
    const { set, outbox } = this.#options;
    if (member.requiredSeen === undefined || !set.hasSeen(member.sender.id, member.requiredSeen)) return;
    member.requiredSeen = undefined;
    member.isCaughtUp = true;
    outbox.diff(set.show(member.sender.id), "replica");
  }

  /** Hides those who were silent for long, and forgets those who were for very long. */
  expireSilent(): void {
    const { downPeriodMs, permdownPeriodMs } = this.#options;
    const { now } = this.#options.outbox;
    for (const member of [...this.#options.members.all()]) {
      if (now >= member.silentSince + permdownPeriodMs) this.#forget(member);
      else if (member.status === "up" && now >= member.silentSince + downPeriodMs) this.#down(member);
    }
  }

  /** This start is never accepted again. What it holds lingers, where readers see it. */
  end({ id }: ReplicaIncarnation, lingerMs: number): void {
    const { set, outbox, members, tombstones, pulls, departures } = this.#options;
    tombstones.add(id, outbox.now);
    const member = members.get(id);
    if (member === undefined) {
      departures.shortenLinger(id, lingerMs);
      return;
    }
    if (lingerMs === 0 || !set.isShown(id) || set.sizeOf(id) === 0) {
      this.#forget(member);
    } else {
      members.delete(member);
      pulls.forget(id);
      departures.linger(member, Math.min(lingerMs, this.#options.permdownPeriodMs));
    }
  }

  /** For so long we could not hear: the silence of others is not theirs. Who was up has a whole time anew. */
  excuseSilence(gapMs: number): void {
    if (gapMs === 0) return;
    const { outbox, members } = this.#options;
    for (const member of members.all()) {
      member.silentSince = member.status === "up" ? outbox.now : member.silentSince + gapMs;
    }
  }

  #down(member: Member): void {
    const { set, outbox, pulls } = this.#options;
    member.status = "down";
    member.requiredSeen = undefined;
    member.isCaughtUp = false;
    pulls.forget(member.sender.id);
    outbox.diff(set.hide(member.sender.id), "replica");
    outbox.add({ type: "replica", status: "down", replica: member.sender });
  }

  #forget(member: Member): void {
    const { set, outbox, members, pulls } = this.#options;
    members.forget(member);
    pulls.forget(member.sender.id);
    outbox.diff(set.forget(member.sender.id), "replica");
    outbox.add({ type: "replica", status: "permdown", replica: member.sender });
  }
}
