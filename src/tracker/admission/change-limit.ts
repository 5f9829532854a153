import { LimitError } from "../../errors.ts";
import type { Clock } from "../../time/clock.ts";
import { RunningTime } from "../../time/running-time.ts";
import { TokenBucket } from "../../time/token-bucket.ts";
import { connectionOf } from "../owners/connection-of.ts";
import type { Owner } from "../owners/owner.ts";

/** From how many string owners on the full buckets are dropped. */
const SWEEP_FROM = 1_000;

/**
 * Limits how often an owner changes its presences. The first change of an owner makes its bucket, which is dropped with the owner, and
 * the bucket of a string when it is full.
 */
export class ChangeLimit {
  readonly #time: RunningTime;
  readonly #perSecond: number;
  readonly #ofObjects = new WeakMap<object, TokenBucket>();
  readonly #ofStrings = new Map<string, TokenBucket>();
  #sweepAt = SWEEP_FROM;

  constructor(clock: Clock, perSecond: number) {
    this.#time = new RunningTime(clock);
    this.#perSecond = perSecond;
  }

  /**
   * Refuses a change when the owner has made too many.
   *
   * @throws {LimitError}
   */
  assertRoom(owner: Owner): void {
    const bucket = this.#find(connectionOf(owner) ?? owner);
    if (bucket === undefined || bucket.hasToken) return;
    const allowed = this.#perSecond;
    throw new LimitError(
      `This owner has changed its presences ${allowed} times within a second; maxPresenceChangesPerSecond is ${allowed}. ` +
        "Change them less often, as with one update for all changes of 50 ms, use an owner for each user, or raise maxPresenceChangesPerSecond.",
      { limit: "maxPresenceChangesPerSecond", given: allowed + 1, allowed },
    );
  }

  /** Counts changes. Those over the limit, such as the untracks of many presences, do not count. */
  count(owner: Owner, changes: number): void {
    if (this.#perSecond === Number.POSITIVE_INFINITY) return;
    const account = connectionOf(owner) ?? owner;
    (this.#find(account) ?? this.#create(account)).takeUpTo(changes);
  }

  #find(account: object | string): TokenBucket | undefined {
    return typeof account === "string" ? this.#ofStrings.get(account) : this.#ofObjects.get(account);
  }

  #create(account: object | string): TokenBucket {
    const bucket = new TokenBucket(this.#time, this.#perSecond);
    if (typeof account !== "string") {
      this.#ofObjects.set(account, bucket);
      return bucket;
    }
    if (this.#ofStrings.size >= this.#sweepAt) this.#sweep();
    this.#ofStrings.set(account, bucket);
    return bucket;
  }

  #sweep(): void {
    for (const [name, bucket] of this.#ofStrings) if (bucket.isFull) this.#ofStrings.delete(name);
    // At least as many new ones as are left come before the next sweep, so that its cost is constant per owner.
    this.#sweepAt = Math.max(SWEEP_FROM, 2 * this.#ofStrings.size);
  }
}
