import type { Claim, ClaimAnswer } from "../../wire/replica-message.ts";
import type { Member } from "../member.ts";
import type { ClaimId } from "./lingering-replicas.ts";
import type { Place } from "./place.ts";

/** An answer, kept so that it can be repeated. */
interface KeptAnswer {
  readonly answer: ClaimAnswer;
  readonly answeredAt: number;
}

/** A claim on a replica that the claimer knows to have left, and this replica does not yet. */
interface EarlyClaim extends Place, ClaimId {
  readonly receivedAt: number;
}

/** The most intervals of claim numbers that are kept for a peer. Honest ones have one or a few. */
const MAX_RUNS = 64;

/** The most claims that are kept for a replica that may be about to leave. */
const MAX_EARLY = 10_000;

/** The claims of peers, and our answers. Each claim is taken once, however often it arrives. */
export class ReceivedClaims {
  readonly #keepMs: number;
  readonly #keepEarlyMs: number;
  #unsent: ClaimAnswer[] = [];
  /** The answers of late, by claimer and number, the oldest first. */
  readonly #answers = new Map<string, KeptAnswer>();
  readonly #early = new Map<string, EarlyClaim[]>();

  /**
   * `keepMs` is how long our own pending leaves last. After that, a claim on one of them has no effect. `keepEarlyMs` is how
   * much later than others this replica may hear that a replica has left.
   */
  constructor({ keepMs, keepEarlyMs }: { readonly keepMs: number; readonly keepEarlyMs: number }) {
    this.#keepMs = keepMs;
    this.#keepEarlyMs = keepEarlyMs;
  }

  get hasUnsent(): boolean {
    return this.#unsent.length > 0;
  }

  /** Whether a claim arrives for the first time. */
  isFirst({ claims }: Member, { number }: Claim): boolean {
    if (claims.has(number)) return false;
    claims.add(number);
    if (claims.runs > MAX_RUNS) claims.addRange(1, claims.max);
    return true;
  }

  answer(claimer: string, { number }: Claim, isGranted: boolean, now: number): void {
    const answer = { claimer, number, isGranted };
    this.#unsent.push(answer);
    this.#answers.set(`${number} ${claimer}`, { answer, answeredAt: now });
  }

  /** The claimer repeats a claim, so our answer to it may have been lost. */
  repeatAnswer(claimer: string, { number }: Claim): void {
    const kept = this.#answers.get(`${number} ${claimer}`);
    if (kept !== undefined) this.#unsent.push(kept.answer);
  }

  takeUnsent(): readonly ClaimAnswer[] {
    const taken = this.#unsent;
    this.#unsent = [];
    return taken;
  }

  /** Keeps a claim on a replica until the news arrives here that it has left. */
  keepEarly(replica: string, claimer: string, { topic, key, number }: Claim, now: number): void {
    const early = this.#early.get(replica) ?? [];
    if (early.length < MAX_EARLY) early.push({ topic, key, claimer, number, receivedAt: now });
    this.#early.set(replica, early);
  }

  takeEarly(replica: string): readonly (Place & ClaimId)[] {
    const early = this.#early.get(replica) ?? [];
    this.#early.delete(replica);
    return early;
  }

  expire(now: number): void {
    for (const [key, { answeredAt }] of this.#answers) {
      if (now < answeredAt + this.#keepMs) break;
      this.#answers.delete(key);
    }
    for (const [replica, early] of this.#early) {
      const kept = early.filter(({ receivedAt }) => now < receivedAt + this.#keepEarlyMs);
      if (kept.length === 0) this.#early.delete(replica);
      else this.#early.set(replica, kept);
    }
  }

  clear(): void {
    this.#unsent = [];
    this.#answers.clear();
  }
}
