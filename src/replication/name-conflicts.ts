import type { Intervals } from "../crdt/intervals.ts";
import type { PresenceSet } from "../crdt/presence-set.ts";
import { DuplicateReplicaError } from "../errors.ts";
import type { ReplicaIncarnation } from "../wire/replica-message.ts";
import type { Identity } from "./identity.ts";
import type { Members } from "./members.ts";
import type { Membership } from "./membership.ts";
import type { Pulls } from "./pulls.ts";
import type { Sending } from "./sending.ts";
import type { SilenceDetector } from "./silence-detector.ts";
import type { Step } from "./step.ts";
import type { Tombstones } from "./tombstones.ts";

interface NameConflictsOptions {
  readonly set: PresenceSet;
  readonly step: Step;
  readonly identity: Identity;
  readonly silenceDetector: SilenceDetector;
  readonly sending: Sending;
  readonly members: Members;
  readonly membership: Membership;
  readonly tombstones: Tombstones;
  readonly pulls: Pulls;
}

/**
 * Gives this replica another identity when another process uses its name or its id. Both processes keep working after one
 * warning, and they do not take the name from each other in turns.
 */
export class NameConflicts {
  readonly #options: NameConflictsOptions;

  constructor(options: NameConflictsOptions) {
    this.#options = options;
  }

  /** A later incarnation of our name is alive: it keeps the name. */
  giveUpName(other: ReplicaIncarnation): void {
    const { step, identity, tombstones } = this.#options;
    const from = identity.self;
    identity.giveUpName();
    tombstones.add(from.id, step.now);
    this.#renamed(from, `Another process uses this replicaName and started later, with id ${other.id}.`);
    step.publish(from, { type: "leaving", lingerMs: 0 });
  }

  /** A later incarnation of our name is dead, and only a wrong clock made it the later one: this replica keeps the name. */
  replaceNamesake(other: ReplicaIncarnation): void {
    const { step, identity, tombstones } = this.#options;
    const from = identity.self;
    identity.replaceNamesake(other);
    tombstones.add(from.id, step.now);
    this.#renamed(
      from,
      `Peers list a replica of this name that started later, with id ${other.id}, and it sends nothing.`,
    );
    step.publish(from, { type: "leaving", lingerMs: 0 });
  }

  /** If `seen` has events under our id that this replica never made, another process has our id and made them. */
  checkOwnEvents(seen: Intervals): void {
    const { set, identity } = this.#options;
    if (seen.max <= set.seenOf(identity.self.id).max) return;
    const from = identity.self;
    identity.giveUpName();
    this.#renamed(from, `Another process has the id ${from.id} too: was a snapshot of the machine restored?`);
  }

  #renamed(from: ReplicaIncarnation, reason: string): void {
    const { set, step, identity, silenceDetector, sending, members, membership, pulls } = this.#options;
    step.add({ type: "renamed", to: identity.self });
    step.warn(new DuplicateReplicaError(from.name, identity.self, reason));
    step.diff(set.rename(identity.self.id), "local");
    for (const member of members.all()) member.reportedSeen.delete(from.id);
    pulls.reset();
    membership.excuseSilence(silenceDetector.renamed(step.now));
    sending.sendHeartbeat();
  }
}
