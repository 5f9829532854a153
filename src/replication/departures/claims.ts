import type { Claim, ClaimAnswer } from "../../wire/replica-message.ts";
import type { Newcomer } from "./newcomers.ts";

/** A claim of ours that still matters. */
interface OpenClaim {
  readonly claim: Claim;
  readonly newcomer: Newcomer;
  readonly until: number;
}

/** A claim of any replica. */
export interface ClaimId {
  /** The id of the replica that claims. */
  readonly claimer: string;
  readonly number: number;
}

/** One string for each claim of any replica. */
export function claimKey({ claimer, number }: ClaimId): string {
  return `${number} ${claimer}`;
}

/** The most claims that a heartbeat repeats. */
const MAX_REPEATED = 1_024;

/**
 * Our own claims. Each has a number, and every replica takes each number once, so that it does no harm to repeat them:
 * heartbeats do so while a claim still matters.
 */
export class Claims {
  #lastNumber = 0;
  #unpublished: Claim[] = [];
  readonly #unanswered = new Map<number, OpenClaim>();
  /** The claims on replicas that have left, which no replica answers. They are repeated for a while. */
  readonly #onLeft = new Map<number, OpenClaim>();

  get hasUnpublished(): boolean {
    return this.#unpublished.length > 0;
  }

  /** Claims one of the pending leaves, up to this number, of a live peer. */
  onPeer(newcomer: Newcomer, replica: string, upTo: number, until: number): Claim {
    const claim = this.#claim(newcomer, replica, upTo);
    this.#unanswered.set(claim.number, { claim, newcomer, until });
    return claim;
  }

  /**
   * Claims a presence of a replica that has left, or of whichever replica has left. A claim that the replica did not answer
   * keeps its number, because others may have seen the answer.
   */
  onLeft(newcomer: Newcomer, replica: string | undefined, until: number, number?: number): Claim {
    const claim = this.#claim(newcomer, replica, 0, number);
    this.#onLeft.set(claim.number, { claim, newcomer, until });
    return claim;
  }

  /** Takes the newcomer of a claim on a replica that has left: others have claimed all of its presences. */
  takeLost(number: number): Newcomer | undefined {
    const lost = this.#onLeft.get(number);
    this.#onLeft.delete(number);
    return lost?.newcomer;
  }

  /** Takes an answer to one of our claims, unless the claim is no longer open. */
  answered({ number }: ClaimAnswer): OpenClaim | undefined {
    const unanswered = this.#unanswered.get(number);
    this.#unanswered.delete(number);
    return unanswered;
  }

  /** Takes the claims that a peer will not answer any more. */
  takeUnanswered(replica: string): OpenClaim[] {
    const taken = [...this.#unanswered.values()].filter(({ claim }) => claim.replica === replica);
    for (const { claim } of taken) this.#unanswered.delete(claim.number);
    return taken;
  }

  takeUnpublished(): readonly Claim[] {
    const taken = this.#unpublished;
    this.#unpublished = [];
    return taken;
  }

  /** The claims that still matter, as of the latest `expire`. */
  toRepeat(): readonly Claim[] {
    const open = [...this.#onLeft.values(), ...this.#unanswered.values()];
    return open.map(({ claim }) => claim).slice(-MAX_REPEATED);
  }

  /** Drops the claims that do not matter any more. Returns those that were not answered. */
  expire(now: number): readonly Claim[] {
    for (const [number, { until }] of this.#onLeft) if (now >= until) this.#onLeft.delete(number);
    const expired = [...this.#unanswered.values()].filter(({ until }) => now >= until);
    for (const { claim } of expired) this.#unanswered.delete(claim.number);
    return expired.map(({ claim }) => claim);
  }

  /** Drops everything: under another id, peers would take repeated claims for new ones. */
  clear(): void {
    this.#unpublished = [];
    this.#unanswered.clear();
    this.#onLeft.clear();
  }

  #claim(
    { topic, key }: Newcomer,
    replica: string | undefined,
    upTo: number,
    number: number = ++this.#lastNumber,
  ): Claim {
    const claim: Claim = { number, replica, upTo, topic, key };
    this.#unpublished.push(claim);
    return claim;
  }
}
