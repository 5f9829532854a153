import type { Claim, ClaimAnswer } from "../../wire/replica-message.ts";
import type { Member } from "../member.ts";
import { type ClaimId, claimKey } from "./claims.ts";
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

/** The most answers that are kept, ours or those of one peer. */
const MAX_ANSWERS = 10_000;
const MAX_GRANTED = 256;

/** The claims of peers, and our answers. Each claim is taken once, however often it arrives. */
export class ReceivedClaims {
  readonly #keepMs: number;
  readonly #keepEarlyMs: number;
  #unsent: ClaimAnswer[] = [];
  /** The latest answers, by claimer and number, the oldest first. */
  readonly #answers = new Map<string, KeptAnswer>();
  /** By replica, and then by `claimKey`. */
  readonly #early = new Map<string, Map<string, EarlyClaim>>();

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
    this.#answers.set(claimKey(answer), { answer, answeredAt: now });
    if (this.#answers.size > MAX_ANSWERS) deleteOldest(this.#answers);
  }

  /** Records that a peer has granted a claim of another replica. */
  granted({ granted }: Member, answer: ClaimAnswer): void {
    granted.add(claimKey(answer));
    if (granted.size > MAX_GRANTED) deleteOldest(granted);
  }

  /** The claimer repeats a claim, so our answer to it may have been lost. */
  repeatAnswer(claimer: string, { number }: Claim): void {
    const kept = this.#answers.get(claimKey({ claimer, number }));
    if (kept !== undefined) this.#unsent.push(kept.answer);
  }

  takeUnsent(): readonly ClaimAnswer[] {
    const taken = this.#unsent;
    this.#unsent = [];
    return taken;
  }

  /** Keeps a claim on a replica until the news arrives here that it has left. */
  keepEarly(replica: string, claimer: string, { number, topic, key }: Claim, now: number): void {
    const early = this.#early.get(replica) ?? new Map<string, EarlyClaim>();
    const claim = { claimer, number, topic, key, receivedAt: now };
    const id = claimKey(claim);
    if (early.size < MAX_EARLY && !early.has(id)) early.set(id, claim);
    this.#early.set(replica, early);
  }

  /** Takes the claims that were kept for a replica. */
  takeEarly(replica: string): readonly (Place & ClaimId)[] {
    const early = [...(this.#early.get(replica)?.values() ?? [])];
    this.#early.delete(replica);
    return early;
  }

  expire(now: number): void {
    for (const [key, { answeredAt }] of this.#answers) {
      if (now < answeredAt + this.#keepMs) break;
      this.#answers.delete(key);
    }
    for (const [replica, early] of this.#early) {
      for (const [claim, { receivedAt }] of early)
        if (now >= receivedAt + this.#keepEarlyMs) early.delete(claim);
      if (early.size === 0) this.#early.delete(replica);
    }
  }

  clear(): void {
    this.#unsent = [];
    this.#answers.clear();
  }
}

function deleteOldest(collection: { keys(): Iterator<string>; delete(key: string): boolean }): void {
  const { value, done } = collection.keys().next();
  if (done !== true) collection.delete(value);
}
