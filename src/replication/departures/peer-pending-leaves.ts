import { type Place, PlaceMap } from "./place.ts";

/** Pending leaves of a peer that this replica heard of in one message. */
interface Announced {
  /** When this replica heard of them. */
  since: number;
  /** How many pending leaves the peer had had by then, or 0 if it has not said so yet. */
  upTo: number;
  /** How many of them are left. */
  size: number;
}

/** A peer of which a newcomer can claim a pending leave. */
export interface Candidate {
  readonly replica: string;
  readonly available: number;
  /** The highest number of a pending leave that the newcomer may supersede. */
  readonly upTo: number;
}

/** The pending leaves of one peer at one place, as far as the peer has announced them. */
class PeerPlace {
  /** Our own claims on them that the peer has not answered, by number. */
  readonly claims: Set<number> = new Set();
  /** By the dot of each presence, or by any number if presences are counted. The oldest come first. */
  readonly #dots = new Map<number, Announced>();
  /** The oldest first. */
  readonly #announced: Announced[] = [];

  get size(): number {
    return this.#dots.size;
  }

  has(dot: number): boolean {
    return this.#dots.has(dot);
  }

  add(dot: number, since: number, upTo: number): void {
    let latest = this.#announced.at(-1);
    if (latest?.since !== since || latest.upTo !== upTo) {
      latest = { since, upTo, size: 0 };
      this.#announced.push(latest);
    }
    latest.size++;
    this.#dots.set(dot, latest);
  }

  delete(dot: number): void {
    const announced = this.#dots.get(dot);
    if (announced === undefined) return;
    this.#dots.delete(dot);
    if (--announced.size === 0) this.#announced.splice(this.#announced.indexOf(announced), 1);
  }

  deleteOldest(count: number): void {
    let deleted = 0;
    for (const dot of this.#dots.keys()) {
      if (deleted++ >= count) break;
      this.delete(dot);
    }
  }

  /** Forgets what has a number up to this one. */
  deleteUpTo(upTo: number): void {
    for (const [dot, announced] of this.#dots) if (announced.upTo <= upTo) this.delete(dot);
  }

  /** The peer has said only now how many pending leaves it has had. */
  numbered(now: number, upTo: number): void {
    for (const announced of this.#announced) Object.assign(announced, { since: now, upTo });
  }

  /** The pending leaves for a newcomer that supersedes only those of which this replica heard by `heardBy`. */
  heardBy(heardBy: number): { readonly available: number; readonly upTo: number } {
    let available = -this.claims.size;
    let upTo = 0;
    for (const announced of this.#announced) {
      if (announced.since > heardBy) break;
      available += announced.size;
      upTo = announced.upTo;
    }
    return { available, upTo };
  }

  /** The oldest that is not claimed. Claims are on the oldest. */
  get oldest(): Announced | undefined {
    let before = this.claims.size;
    for (const announced of this.#announced) {
      if (before < announced.size) return announced;
      before -= announced.size;
    }
    return undefined;
  }
}

/** The pending leaves that live peers have announced. Each peer runs the delay of its own. */
export class PeerPendingLeaves {
  readonly #byPlace = new PlaceMap<Map<string, PeerPlace>>();
  /** The highest number of a pending leave that each peer has announced. */
  readonly #lastNumbers = new Map<string, number>();
  /** Stands for a dot where presences are counted. */
  #lastNumber = 0;

  get isEmpty(): boolean {
    return this.#byPlace.isEmpty;
  }

  /** Records what a peer says about the pending leaves that it has had. */
  announcedNumber(replica: string, lastNumber: number, now: number): void {
    const before = this.#lastNumbers.get(replica);
    this.#lastNumbers.set(replica, Math.max(lastNumber, before ?? 0));
    if (before !== undefined) return;
    for (const [, peers] of this.#byPlace.entries()) peers.get(replica)?.numbered(now, lastNumber);
  }

  /** Records that this presence of a peer is a pending leave. Returns whether that is news. */
  add(replica: string, place: Place, dot: number, now: number): boolean {
    const peers = this.#byPlace.get(place) ?? new Map<string, PeerPlace>();
    const here = peers.get(replica) ?? new PeerPlace();
    if (here.has(dot)) return false;
    here.add(dot, now, this.#lastNumbers.get(replica) ?? 0);
    this.#byPlace.set(place, peers.set(replica, here));
    return true;
  }

  /**
   * Records how many pending leaves a peer has at this place. The oldest leave first. Returns how many of them are news.
   */
  setNumber(replica: string, place: Place, number: number, now: number): number {
    const here = this.#at(replica, place);
    const before = here?.size ?? 0;
    for (let added = before; added < number; added++) this.add(replica, place, ++this.#lastNumber, now);
    here?.deleteOldest(before - number);
    if (here !== undefined) this.#deleteIfEmpty(replica, place, here);
    return Math.max(0, number - before);
  }

  /** A presence of a peer has left. It may have been a pending leave. */
  left(replica: string, place: Place, dot: number): void {
    const here = this.#at(replica, place);
    if (here === undefined) return;
    here.delete(dot);
    this.#deleteIfEmpty(replica, place, here);
  }

  /** How many pending leaves of live peers a newcomer could claim. */
  availableAt(place: Place): number {
    let available = 0;
    for (const { size, claims } of this.#byPlace.get(place)?.values() ?? [])
      available += Math.max(0, size - claims.size);
    return available;
  }

  /** The peer with the most pending leaves to claim at this place, of those that this replica heard of by `heardBy`. */
  best(place: Place, heardBy: number): Candidate | undefined {
    let best: Candidate | undefined;
    for (const [replica, here] of this.#byPlace.get(place) ?? []) {
      const { available, upTo } = here.heardBy(heardBy);
      if (upTo > 0 && available > (best?.available ?? 0)) best = { replica, available, upTo };
    }
    return best;
  }

  /** Of the peers that are heard, the one with the pending leave at this place that has waited longest and is not claimed yet. */
  oldest(
    place: Place,
    isHeard: (replica: string) => boolean,
  ): (Omit<Candidate, "available"> & { readonly since: number }) | undefined {
    let found: (Omit<Candidate, "available"> & { readonly since: number }) | undefined;
    for (const [replica, { oldest }] of this.#byPlace.get(place) ?? []) {
      if (oldest === undefined || oldest.upTo === 0) continue;
      const { since, upTo } = oldest;
      if (since < (found?.since ?? Number.POSITIVE_INFINITY) && isHeard(replica))
        found = { replica, since, upTo };
    }
    return found;
  }

  /** A claim of ours on a pending leave of a peer is on its way. */
  claimed(replica: string, place: Place, claim: number): void {
    this.#at(replica, place)?.claims.add(claim);
  }

  /** A claim of ours will not be answered any more. */
  claimEnded(replica: string, place: Place, claim: number): void {
    this.#at(replica, place)?.claims.delete(claim);
  }

  /** None of our claims will be answered any more. */
  claimsEnded(): void {
    for (const [, peers] of this.#byPlace.entries()) for (const { claims } of peers.values()) claims.clear();
  }

  /** A peer has refused a claim: the pending leaves that it was on have ended. */
  refused(replica: string, place: Place, upTo: number): void {
    const here = this.#at(replica, place);
    if (here === undefined) return;
    here.deleteUpTo(upTo);
    this.#deleteIfEmpty(replica, place, here);
  }

  /** Forgets a peer. */
  forget(replica: string): void {
    this.#lastNumbers.delete(replica);
    for (const [place, peers] of [...this.#byPlace.entries()]) {
      if (peers.delete(replica) && peers.size === 0) this.#byPlace.delete(place);
    }
  }

  #at(replica: string, place: Place): PeerPlace | undefined {
    return this.#byPlace.get(place)?.get(replica);
  }

  #deleteIfEmpty(replica: string, place: Place, { size }: PeerPlace): void {
    if (size > 0) return;
    const peers = this.#byPlace.get(place)!;
    peers.delete(replica);
    if (peers.size === 0) this.#byPlace.delete(place);
  }
}
