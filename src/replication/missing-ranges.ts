import type { Intervals } from "../crdt/intervals.ts";

/** What is known to exist of one replica, and not here. */
interface Lack {
  /** Who said that it has seen what, where that is more than we have. */
  readonly advertisers: Map<string, Intervals>;
  /** Who was asked since it last said so, and was of no help. */
  readonly asked: Set<string>;
  /** Not before: what is on its way may arrive. */
  askAt: number;
}

/** What we know to lack, by replica, and who could help. */
export class MissingRanges {
  readonly #byReplica = new Map<string, Lack>();

  /** `advertiser` says that it has seen so much of `replica`; we have not. */
  add(replica: string, advertiser: string, seen: Intervals, askAt: number): void {
    let lack = this.#byReplica.get(replica);
    if (lack === undefined) {
      lack = { advertisers: new Map(), asked: new Set(), askAt };
      this.#byReplica.set(replica, lack);
    }
    lack.asked.delete(advertiser);
    lack.askAt = Math.min(lack.askAt, askAt);
    lack.advertisers.set(advertiser, seen);
  }

  /** Forgets what we have by now, as `isHere` says. */
  removeSeen(replica: string, isHere: (seen: Intervals) => boolean): void {
    const lack = this.#byReplica.get(replica);
    if (lack === undefined) return;
    for (const [advertiser, seen] of lack.advertisers) {
      if (isHere(seen)) lack.advertisers.delete(advertiser);
    }
    if (lack.advertisers.size === 0) this.#byReplica.delete(replica);
  }

  /** The replicas that may be asked for at this time. */
  due(now: number): string[] {
    return [...this.#byReplica.keys()].filter((replica) => this.#byReplica.get(replica)!.askAt <= now);
  }

  /** Who may be asked for a replica: its owner first. */
  candidates(replica: string): string[] {
    const lack = this.#byReplica.get(replica);
    if (lack === undefined) return [];
    const others = [...lack.advertisers.keys()].filter((id) => id !== replica && !lack.asked.has(id));
    return lack.asked.has(replica) ? others : [replica, ...others];
  }

  /** It is asked for, or nobody can be asked now: until an answer ends, or somebody says again that it has more. */
  suspend(replica: string): void {
    const lack = this.#byReplica.get(replica);
    if (lack !== undefined) lack.askAt = Number.POSITIVE_INFINITY;
  }

  /** Somebody who could not be asked now can. */
  resumeAll(askAt: number): void {
    for (const lack of this.#byReplica.values()) lack.askAt = Math.min(lack.askAt, askAt);
  }

  /** An answer of `peer` is complete, or does not come: somebody else is next. */
  markAsked(replica: string, peer: string): void {
    this.#byReplica.get(replica)?.asked.add(peer);
  }

  /** Nothing is wanted of this replica any more, and it is not asked. */
  forget(id: string): void {
    this.#byReplica.delete(id);
    for (const [replica, { advertisers }] of this.#byReplica) {
      advertisers.delete(id);
      if (advertisers.size === 0) this.#byReplica.delete(replica);
    }
  }

  get nextAt(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { askAt } of this.#byReplica.values()) next = Math.min(next, askAt);
    return next;
  }
}
