import type { Change } from "../../crdt/change.ts";
import { Intervals } from "../../crdt/intervals.ts";
import type { PresenceRecord } from "../../crdt/live-entry.ts";
import type { PresenceSet } from "../../crdt/presence-set.ts";
import type { ReplicaIncarnation } from "../../wire/replica-message.ts";
import type { Step } from "../step.ts";
import { type Place, PlaceMap } from "./place.ts";

/** A replica that has left, while its presences are still listed. */
export interface LingeringReplica {
  readonly sender: ReplicaIncarnation;
  readonly heardAt: number;
  /** When this replica heard that it has left. */
  readonly leftAt: number;
  /** When it is forgotten. */
  until: number;
  /** Its presences at each place that no newcomer has superseded, the oldest last. */
  readonly presences: PlaceMap<PresenceRecord[]>;
  /** The claims that superseded presences, by place. */
  readonly claims: PlaceMap<ClaimId[]>;
}

/** A claim on a presence of a replica that has left. */
export interface ClaimId {
  /** The id of the replica that claims. */
  readonly claimer: string;
  readonly number: number;
}

/**
 * The replicas that have left, until their presences leave too. They cannot run their leave delay any more, so every peer
 * runs it. All peers supersede the same presences, as each claim supersedes the oldest that is left at its place.
 */
export class LingeringReplicas {
  readonly #set: PresenceSet;
  readonly #step: Step;
  readonly #byId = new Map<string, LingeringReplica>();

  constructor(set: PresenceSet, step: Step) {
    this.#set = set;
    this.#step = step;
  }

  all(): IterableIterator<LingeringReplica> {
    return this.#byId.values();
  }

  get size(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  get nextAt(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { until } of this.#byId.values()) next = Math.min(next, until);
    return next;
  }

  /** When a lingering replica is forgotten. */
  until(id: string): number {
    return this.#byId.get(id)!.until;
  }

  /** Adds a replica that has just left. Returns its presences by place. */
  add(sender: ReplicaIncarnation, heardAt: number, lingerMs: number): PlaceMap<PresenceRecord[]> {
    const presences = new PlaceMap<PresenceRecord[]>();
    for (const presence of this.#set.presencesOfReplica(sender.id).sort(latestFirst)) {
      const here = presences.get(presence);
      if (here === undefined) presences.set(presence, [presence]);
      else here.push(presence);
    }
    const { now } = this.#step;
    this.#byId.set(sender.id, {
      sender,
      heardAt,
      leftAt: now,
      until: now + lingerMs,
      presences,
      claims: new PlaceMap(),
    });
    return presences;
  }

  /** Forgets a lingering replica after `lingerMs`, unless it is forgotten earlier anyway. */
  shorten(id: string, lingerMs: number): void {
    const lingering = this.#byId.get(id);
    if (lingering === undefined) return;
    lingering.until = Math.min(lingering.until, this.#step.now + lingerMs);
    this.expire();
  }

  /** The number of presences of a lingering replica, or of all of them, that a newcomer at this place could supersede. */
  availableAt(place: Place, id?: string): number {
    let available = 0;
    for (const { sender, presences } of this.#byId.values()) {
      if (id === undefined || id === sender.id) available += presences.get(place)?.length ?? 0;
    }
    return available;
  }

  /** The lingering replica with the most presences at this place. */
  best(place: Place): { readonly replica: string; readonly available: number } | undefined {
    let best: { readonly replica: string; readonly available: number } | undefined;
    for (const { sender, presences } of this.#byId.values()) {
      const available = presences.get(place)?.length ?? 0;
      if (available > (best?.available ?? 0)) best = { replica: sender.id, available };
    }
    return best;
  }

  /** The lingering replica that left first, of those with a presence at this place. */
  oldest(place: Place): { readonly replica: string; readonly since: number } | undefined {
    for (const { sender, leftAt, presences } of this.#byId.values()) {
      if (presences.get(place) !== undefined) return { replica: sender.id, since: leftAt };
    }
    return undefined;
  }

  /**
   * The replica that left by `leftBy` and has a presence at this place, with the lowest id if there are several: the same one
   * for all peers.
   */
  firstWith(place: Place, leftBy: number): string | undefined {
    let first: string | undefined;
    for (const { sender, leftAt, presences } of this.#byId.values()) {
      if (leftAt > leftBy || presences.get(place) === undefined) continue;
      if (first === undefined || sender.id < first) first = sender.id;
    }
    return first;
  }

  /** Ends the oldest presence of a lingering replica at this place. Returns what leaves. */
  endOldest(id: string, place: Place): readonly PresenceRecord[] {
    const { presences } = this.#byId.get(id)!;
    const here = presences.get(place);
    const oldest = here?.pop();
    if (oldest === undefined) return [];
    if (here!.length === 0) presences.delete(place);
    return this.#end(oldest).leaves;
  }

  /**
   * Ends the oldest presence for a claim. If there are more claims than presences, one claim is lost, and its claimer has to
   * find another pending leave. All peers take the same claims for lost, whatever the order in which they arrive.
   */
  claim(id: string, place: Place, claim: ClaimId): { leaves: readonly PresenceRecord[]; lost?: ClaimId } {
    const { claims } = this.#byId.get(id)!;
    const here = claims.get(place) ?? [];
    const leaves = this.endOldest(id, place);
    claims.set(place, here);
    here.push(claim);
    if (leaves.length > 0) return { leaves };
    const lost = here.reduce((last, each) => (isAfter(each, last) ? each : last));
    here.splice(here.indexOf(lost), 1);
    return { leaves, lost };
  }

  /** Forgets the lingering replicas whose time is over. */
  expire(): void {
    for (const [id, { sender, until }] of this.#byId) {
      if (this.#step.now < until) continue;
      this.#byId.delete(id);
      this.#step.diff(this.#set.forget(id), "replica");
      this.#step.add({ type: "replica", status: "permdown", replica: sender });
    }
  }

  /**
   * Ends a presence by a leave that its replica never sent. That is safe: no peer pulls the slice of a replica that has left.
   * If some of its events are missing here, an older dot of the same presence becomes visible, and is ended too.
   */
  #end({ replica, dot }: PresenceRecord): Change {
    const { joins, leaves } = this.#set.merge({ replica, seen: Intervals.of([dot]), live: [], leaves: [] });
    for (const older of joins) this.#end(older);
    return { joins: [], leaves };
  }
}

function latestFirst(one: PresenceRecord, other: PresenceRecord): number {
  return other.dot - one.dot;
}

function isAfter(one: ClaimId, other: ClaimId): boolean {
  return one.claimer === other.claimer ? one.number > other.number : one.claimer > other.claimer;
}
