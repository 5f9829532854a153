import type { PresenceRecord } from "../../crdt/live-entry.ts";
import type { ReplicaIncarnation } from "../../wire/replica-message.ts";
import type { Member } from "../member.ts";
import type { Step } from "../step.ts";
import { type ClaimId, claimKey } from "./claims.ts";
import type { LeftPresences } from "./departing-presences.ts";
import { type Place, PlaceMap } from "./place.ts";

/** How a replica left. */
export interface Departure {
  /** How long its presences linger. */
  readonly lingerMs: number;
  /** The time from which its clients may have reconnected elsewhere. */
  readonly since: number;
  /** Whether this replica knows all presences that it had. */
  readonly isComplete: boolean;
}

/** A replica that has left, while its presences are still listed. */
export interface LingeringReplica {
  readonly sender: ReplicaIncarnation;
  readonly heardAt: number;
  /** When this replica heard that it has left. */
  readonly leftAt: number;
  /** The time from which its clients may have reconnected elsewhere. */
  readonly since: number;
  readonly isComplete: boolean;
  /** When it is forgotten. */
  until: number;
  /** The claims that it has granted, or that have been carried out since it left, by `claimKey`. */
  readonly carriedOut: Set<string>;
  /** Its presences that no newcomer has superseded. */
  readonly presences: LeftPresences;
  /** The claims that superseded the others, by place. */
  readonly claims: PlaceMap<ClaimId[]>;
}

/**
 * The replicas that have left, until their presences leave too. They cannot run their leave delay any more, so every peer
 * runs it. All peers supersede the same presences, as each claim supersedes the oldest that is left at its place.
 */
export class LingeringReplicas {
  readonly #step: Step;
  readonly #byId = new Map<string, LingeringReplica>();

  constructor(step: Step) {
    this.#step = step;
  }

  all(): IterableIterator<LingeringReplica> {
    return this.#byId.values();
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): LingeringReplica | undefined {
    return this.#byId.get(id);
  }

  get nextAt(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { until } of this.#byId.values()) next = Math.min(next, until);
    return next;
  }

  /** Adds a replica that has just left. */
  add(
    { sender, heardAt, granted }: Member,
    { lingerMs, ...departure }: Departure,
    presences: LeftPresences,
  ): void {
    const { now } = this.#step;
    this.#byId.set(sender.id, {
      ...departure,
      sender,
      heardAt,
      leftAt: now,
      until: now + lingerMs,
      carriedOut: new Set(granted),
      presences,
      claims: new PlaceMap(),
    });
  }

  /** Forgets a lingering replica after `lingerMs`, unless it is forgotten earlier anyway. */
  shorten(id: string, lingerMs: number): void {
    const lingering = this.#byId.get(id);
    if (lingering === undefined) return;
    lingering.until = Math.min(lingering.until, this.#step.now + lingerMs);
    this.expire();
  }

  /** The number of presences of all lingering replicas that a newcomer at this place could supersede. */
  availableAt(place: Place): number {
    let available = 0;
    for (const { presences } of this.#byId.values()) available += presences.countAt(place);
    return available;
  }

  /** The replica with the most presences at this place, of those whose clients may have reconnected by `reconnectedBy`. */
  best(
    place: Place,
    reconnectedBy: number,
  ): { readonly replica: string; readonly available: number } | undefined {
    let best: { readonly replica: string; readonly available: number } | undefined;
    for (const { sender, since, presences } of this.#byId.values()) {
      const available = since > reconnectedBy ? 0 : presences.countAt(place);
      if (available > (best?.available ?? 0)) best = { replica: sender.id, available };
    }
    return best;
  }

  /** The lingering replica that left first, of those with a presence at this place. */
  oldest(place: Place): { readonly replica: string; readonly since: number } | undefined {
    for (const { sender, leftAt, presences } of this.#byId.values()) {
      if (presences.countAt(place) > 0) return { replica: sender.id, since: leftAt };
    }
    return undefined;
  }

  /**
   * The replica that left by `leftBy` and has a presence at this place, with the lowest id if there are several: the same one
   * for all peers.
   */
  firstWith(place: Place, leftBy: number): LingeringReplica | undefined {
    let first: LingeringReplica | undefined;
    for (const lingering of this.#byId.values()) {
      const { sender, leftAt, presences } = lingering;
      if (leftAt > leftBy || presences.countAt(place) === 0) continue;
      if (first === undefined || sender.id < first.sender.id) first = lingering;
    }
    return first;
  }

  /**
   * Ends the oldest presence for a claim, unless that has been done. If there are more claims than presences, one claim is lost,
   * and its claimer has to find another pending leave. All peers take the same claims for lost, whatever the order in which they
   * arrive. No claim counts as lost here if some presences never arrived: elsewhere it may have superseded one of those.
   */
  carryOut(
    id: string,
    place: Place,
    claim: ClaimId,
  ): { readonly leaves: readonly PresenceRecord[]; readonly lost?: ClaimId } {
    const { carriedOut, claims, isComplete, presences } = this.#byId.get(id)!;
    const key = claimKey(claim);
    if (carriedOut.has(key)) return { leaves: [] };
    carriedOut.add(key);
    const here = claims.get(place) ?? [];
    claims.set(place, here);
    here.push(claim);
    const leaves = presences.endOldest(place);
    if (leaves.length > 0 || !isComplete) return { leaves };
    const lost = here.reduce((last, each) => (isAfter(each, last) ? each : last));
    here.splice(here.indexOf(lost), 1);
    return { leaves, lost };
  }

  /** Forgets the lingering replicas whose time is over. */
  expire(): void {
    for (const [id, { sender, until, presences }] of this.#byId) {
      if (this.#step.now < until) continue;
      this.#byId.delete(id);
      this.#step.diff(presences.forget(), "replica");
      this.#step.add({ type: "replica", status: "permdown", replica: sender });
    }
  }
}

function isAfter(one: ClaimId, other: ClaimId): boolean {
  return one.claimer === other.claimer ? one.number > other.number : one.claimer > other.claimer;
}
