import type { Intervals } from "../crdt/intervals.ts";
import type { PresenceSet } from "../crdt/presence-set.ts";
import { DuplicateReplicaError } from "../errors.ts";
import type { ReplicaIncarnation, ReplicaMessage } from "../wire/replica-message.ts";
import type { Departures } from "./departures/departures.ts";
import type { Identity } from "./identity.ts";
import type { Members } from "./members.ts";
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
  readonly tombstones: Tombstones;
  readonly pulls: Pulls;
  readonly departures: Departures;
  readonly heartbeatIntervalMs: number;
}

/** So many new ids in a row are taken at once. More than one is rare, unless a stranger causes them. */
const IDS_AT_ONCE = 3;

/** The longest time between two new ids after that, in heartbeat intervals. */
const MAX_INTERVALS_BETWEEN_IDS = 16;

/**
 * Gives this replica another identity when another process uses its name or its id. Both processes keep working after one
 * warning, and they do not take the name from each other in turns.
 *
 * A stranger can cause a conflict with each new identity. So after some in a row, further ones wait, with exponential backoff.
 */
export class NameConflicts {
  readonly #options: NameConflictsOptions;
  /** How many new ids this replica has taken in a row, and until when the next one waits. */
  #idsInARow = 0;
  #newIdAllowedAt = Number.NEGATIVE_INFINITY;
  /** What to do about a conflict of the id that waits for a new one. */
  #waiting: { readonly id: string; readonly resolve: () => void } | undefined = undefined;

  constructor(options: NameConflictsOptions) {
    this.#options = options;
  }

  /** A later incarnation of our name is alive: it keeps the name. */
  giveUpName(other: ReplicaIncarnation): void {
    const { identity } = this.#options;
    this.#resolve(() =>
      this.#replaceId(
        () => identity.giveUpName(),
        `Another process uses this replicaName and started later, with id ${other.id}.`,
      ),
    );
  }

  /** A later incarnation of our name is dead, and only a wrong clock made it the later one: this replica keeps the name. */
  replaceNamesake(other: ReplicaIncarnation): void {
    const { identity } = this.#options;
    this.#resolve(() =>
      this.#replaceId(
        () => identity.replaceNamesake(other),
        `Peers list a replica of this name that started later, with id ${other.id}, and it sends nothing.`,
      ),
    );
  }

  /** If `seen` has events under our id that this replica never made, another process has our id and made them. */
  checkOwnEvents(seen: Intervals): void {
    const { set, identity } = this.#options;
    if (seen.max <= set.seenOf(identity.self.id).max) return;
    this.#idIsUsed("has events of it that this node never made");
  }

  /**
   * A message under our id arrived. If this replica cannot have sent it, another process uses the id: peers have marked it as
   * gone after `leaving`, and take our own messages for old ones after a higher counter. Returns whether that is so.
   */
  isForeign({ type, counter }: ReplicaMessage, sentCounter: number): boolean {
    if (type === "leaving") {
      this.#options.tombstones.add(this.#options.identity.self.id, this.#options.step.now);
      this.#idIsUsed("said that it leaves");
    } else if (counter > sentCounter) {
      this.#idIsUsed("sent a message that this node never sent");
    } else {
      return false;
    }
    return true;
  }

  /** Resolves the conflict that waits, if its time has come. Call this once per period. */
  retry(): void {
    const { identity, step } = this.#options;
    const waiting = this.#waiting;
    if (waiting === undefined || step.now < this.#newIdAllowedAt) return;
    this.#waiting = undefined;
    if (identity.isOwnId(waiting.id)) this.#resolve(waiting.resolve);
  }

  /** Another process uses our id, or a stranger pretends to. */
  #idIsUsed(what: string): void {
    const { identity } = this.#options;
    this.#resolve(() => {
      const from = identity.self;
      identity.giveUpName();
      this.#renamed(
        from,
        `Another process uses the id ${from.id} too and ${what}: was a snapshot of the machine restored, or does a ` +
          "stranger publish to the same topics?",
      );
    });
  }

  /** Replaces an id that no other process has. It is gone for good. */
  #replaceId(replace: () => void, reason: string): void {
    const { step, identity, tombstones } = this.#options;
    const from = identity.self;
    replace();
    tombstones.add(from.id, step.now);
    this.#renamed(from, reason);
    step.publish(from, { type: "leaving", lingerMs: 0, lastDot: 0 });
  }

  /** Resolves a conflict by a new id, now or when the next new id is allowed. */
  #resolve(resolve: () => void): void {
    const { step, identity, heartbeatIntervalMs } = this.#options;
    if (step.now < this.#newIdAllowedAt) {
      this.#waiting = { id: identity.self.id, resolve };
      return;
    }
    if (step.now >= this.#newIdAllowedAt + MAX_INTERVALS_BETWEEN_IDS * heartbeatIntervalMs)
      this.#idsInARow = 0;
    const further = this.#idsInARow++ - IDS_AT_ONCE + 1;
    const intervals = further < 0 ? 0 : Math.min(2 ** further, MAX_INTERVALS_BETWEEN_IDS);
    this.#newIdAllowedAt = step.now + intervals * heartbeatIntervalMs;
    resolve();
  }

  #renamed(from: ReplicaIncarnation, reason: string): void {
    const { set, step, identity, silenceDetector, sending, members, pulls, departures } = this.#options;
    step.add({ type: "renamed", to: identity.self });
    step.warn(new DuplicateReplicaError(from.name, identity.self, reason));
    step.diff(set.rename(identity.self.id), "local");
    for (const member of members.all()) member.reported = undefined;
    pulls.reset();
    silenceDetector.renamed(step.now);
    departures.renamed();
    sending.sendHeartbeat();
  }
}
