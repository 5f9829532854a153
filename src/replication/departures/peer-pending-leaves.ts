import { type Place, PlaceMap } from "./place.ts";

/** The pending leaves of one peer at one place, as far as the peer has announced them. */
interface PeerPlace {
  /** The dot of each presence, or any number if presences are counted, with the time at which this replica heard of it. */
  readonly dots: Map<number, number>;
  /** Our own claims on them that the peer has not answered, by number, with the time of each. */
  readonly claims: Map<number, number>;
}

/** A peer of which a newcomer can claim a pending leave. */
export interface Candidate {
  readonly replica: string;
  readonly available: number;
  /** How many pending leaves the peer has had, as far as this replica knows. */
  readonly upTo: number;
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
  announcedNumber(replica: string, lastNumber: number): void {
    this.#lastNumbers.set(replica, Math.max(lastNumber, this.#lastNumbers.get(replica) ?? 0));
  }

  /** Records that this presence of a peer is a pending leave. Returns whether that is news. */
  add(replica: string, place: Place, dot: number, now: number): boolean {
    const peers = this.#byPlace.get(place) ?? new Map<string, PeerPlace>();
    const here = peers.get(replica) ?? { dots: new Map<number, number>(), claims: new Map<number, number>() };
    if (here.dots.has(dot)) return false;
    here.dots.set(dot, now);
    this.#byPlace.set(place, peers.set(replica, here));
    return true;
  }

  /**
   * Records how many pending leaves a peer has at this place. The oldest leave first. Returns how many of them are news.
   */
  setNumber(replica: string, place: Place, number: number, now: number): number {
    const here = this.#byPlace.get(place)?.get(replica);
    const before = here?.dots.size ?? 0;
    for (const dot of [...(here?.dots.keys() ?? [])].slice(0, Math.max(0, before - number)))
      this.left(replica, place, dot);
    for (let added = before; added < number; added++) this.add(replica, place, ++this.#lastNumber, now);
    return Math.max(0, number - before);
  }

  /** A presence of a peer has left. It may have been a pending leave. */
  left(replica: string, place: Place, dot: number): void {
    const here = this.#byPlace.get(place)?.get(replica);
    if (here?.dots.delete(dot)) this.#deleteIfEmpty(replica, place, here);
  }

  /** How many pending leaves of live peers a newcomer could claim. */
  availableAt(place: Place): number {
    let available = 0;
    for (const { dots, claims } of this.#byPlace.get(place)?.values() ?? [])
      available += Math.max(0, dots.size - claims.size);
    return available;
  }

  /** The peer with the most pending leaves to claim at this place, of those that this replica heard of by `heardBy`. */
  best(place: Place, heardBy: number): Candidate | undefined {
    let best: Candidate | undefined;
    for (const [replica, { dots, claims }] of this.#byPlace.get(place) ?? []) {
      const available = dots.size - claims.size;
      const upTo = this.#lastNumbers.get(replica) ?? 0;
      if (upTo === 0 || available <= (best?.available ?? 0) || oldest(dots) > heardBy) continue;
      best = { replica, available, upTo };
    }
    return best;
  }

  /** Of the peers that are heard, the one with the pending leave at this place that has waited longest and is not claimed yet. */
  oldest(
    place: Place,
    isHeard: (replica: string) => boolean,
  ): (Candidate & { readonly since: number }) | undefined {
    let found: (Candidate & { readonly since: number }) | undefined;
    for (const [replica, { dots, claims }] of this.#byPlace.get(place) ?? []) {
      const available = dots.size - claims.size;
      // The oldest ones are those that are claimed.
      const since = [...dots.values()][claims.size] ?? Number.POSITIVE_INFINITY;
      if (available <= 0 || since >= (found?.since ?? Number.POSITIVE_INFINITY) || !isHeard(replica))
        continue;
      found = { replica, available, upTo: this.#lastNumbers.get(replica) ?? 0, since };
    }
    return found;
  }

  /** A claim of ours on a pending leave of a peer is on its way. */
  claimed(replica: string, place: Place, claim: number, now: number): void {
    this.#byPlace.get(place)?.get(replica)?.claims.set(claim, now);
  }

  /** A claim of ours will not be answered any more. */
  claimEnded(replica: string, place: Place, claim: number): void {
    this.#byPlace.get(place)?.get(replica)?.claims.delete(claim);
  }

  /** None of our claims will be answered any more. */
  claimsEnded(): void {
    for (const [, peers] of this.#byPlace.entries()) for (const { claims } of peers.values()) claims.clear();
  }

  /** A peer has answered a claim. If it has refused, what this replica knew when it made the claim is out of date. */
  answered(replica: string, place: Place, claim: number, isGranted: boolean): void {
    const here = this.#byPlace.get(place)?.get(replica);
    if (here === undefined) return;
    const claimedAt = here.claims.get(claim) ?? Number.NEGATIVE_INFINITY;
    here.claims.delete(claim);
    if (!isGranted) {
      for (const [dot, since] of here.dots) if (since <= claimedAt) here.dots.delete(dot);
    }
    this.#deleteIfEmpty(replica, place, here);
  }

  /** Forgets a peer. */
  forget(replica: string): void {
    if (!this.#lastNumbers.delete(replica)) return;
    for (const [place, peers] of [...this.#byPlace.entries()]) {
      if (peers.delete(replica) && peers.size === 0) this.#byPlace.delete(place);
    }
  }

  #deleteIfEmpty(replica: string, place: Place, { dots }: PeerPlace): void {
    if (dots.size > 0) return;
    const peers = this.#byPlace.get(place)!;
    peers.delete(replica);
    if (peers.size === 0) this.#byPlace.delete(place);
  }
}

function oldest(dots: ReadonlyMap<number, number>): number {
  for (const since of dots.values()) return since;
  return Number.POSITIVE_INFINITY;
}
