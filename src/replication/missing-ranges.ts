import type { Intervals } from "../crdt/intervals.ts";

/** The missing ranges of one replica. */
interface Missing {
  /** The advertisements of peers that have seen more than this replica, by peer. */
  readonly advertisers: Map<string, Intervals>;
  /** The peers whose answer has ended since they last advertised, and did not bring everything. */
  readonly asked: Set<string>;
  /** When to pull. The missing events may arrive before. */
  pullAt: number;
}

/** The events that peers have advertised and this replica has not seen, by replica, and which peers to pull them from. */
export class MissingRanges {
  readonly #byReplica = new Map<string, Missing>();

  /** Records that `advertiser` has seen `seen` of `replica`, which is more than this replica has. */
  add(replica: string, advertiser: string, seen: Intervals, pullAt: number): void {
    let missing = this.#byReplica.get(replica);
    if (missing === undefined) {
      missing = { advertisers: new Map(), asked: new Set(), pullAt };
      this.#byReplica.set(replica, missing);
    }
    missing.asked.delete(advertiser);
    missing.pullAt = Math.min(missing.pullAt, pullAt);
    missing.advertisers.set(advertiser, seen);
  }

  /** Removes the advertisements of `replica` for which `hasSeen` returns true. */
  removeSeen(replica: string, hasSeen: (seen: Intervals) => boolean): void {
    const missing = this.#byReplica.get(replica);
    if (missing === undefined) return;
    for (const [advertiser, seen] of missing.advertisers) {
      if (hasSeen(seen)) missing.advertisers.delete(advertiser);
    }
    if (missing.advertisers.size === 0) this.#byReplica.delete(replica);
  }

  /** The replicas for which a pull is due. */
  due(now: number): string[] {
    return [...this.#byReplica.keys()].filter((replica) => this.#byReplica.get(replica)!.pullAt <= now);
  }

  /** The peers to pull a replica from, the best first: its owner, then the other advertisers. */
  pullCandidates(replica: string): string[] {
    const missing = this.#byReplica.get(replica);
    if (missing === undefined) return [];
    const others = [...missing.advertisers.keys()].filter((id) => id !== replica && !missing.asked.has(id));
    return missing.asked.has(replica) ? others : [replica, ...others];
  }

  /** Schedules no pull for a replica until `resumeAll`, or until a peer advertises more of it again. */
  suspend(replica: string): void {
    const missing = this.#byReplica.get(replica);
    if (missing !== undefined) missing.pullAt = Number.POSITIVE_INFINITY;
  }

  /** Schedules a pull for every replica: a pull has ended, so its peer is free again. */
  resumeAll(pullAt: number): void {
    for (const missing of this.#byReplica.values()) missing.pullAt = Math.min(missing.pullAt, pullAt);
  }

  /** Records that a pull of `replica` from `peer` has ended, with or without an answer. */
  markAsked(replica: string, peer: string): void {
    this.#byReplica.get(replica)?.asked.add(peer);
  }

  /** Forgets the missing ranges of a replica, and everything that it advertised. */
  forget(id: string): void {
    this.#byReplica.delete(id);
    for (const [replica, { advertisers }] of this.#byReplica) {
      advertisers.delete(id);
      if (advertisers.size === 0) this.#byReplica.delete(replica);
    }
  }

  get nextAt(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { pullAt } of this.#byReplica.values()) next = Math.min(next, pullAt);
    return next;
  }
}
