import type { Fragment } from "../crdt/fragment.ts";
import { Intervals } from "../crdt/intervals.ts";
import type { PresenceSet } from "../crdt/presence-set.ts";
import type { Pull, Push } from "../wire/replica-message.ts";
import { MissingRanges } from "./missing-ranges.ts";
import { combineFragments, PushAssembler } from "./push-assembler.ts";

/** A pull in flight. */
interface PendingPull {
  readonly request: number;
  /** The replicas that it asks for. */
  readonly wants: Set<string>;
  /** Whether it asks for the whole slice of one replica, to correct the one here. */
  readonly isFullState: boolean;
  readonly assembler: PushAssembler;
  /** The fragments of a full state that have arrived. */
  readonly gathered: Fragment[];
  /** When it was sent, or when its last part arrived. */
  lastProgressAt: number;
}

/** The content of one part of an answer, to merge. */
export interface PullResult {
  readonly fragments: readonly Fragment[];
  /** Whether each fragment is a whole slice, which corrects the one here. */
  readonly isFullState: boolean;
}

/** How many pulls per peer may be answered late. A peer is asked again at each of its heartbeats. */
const MAX_LATE = 64;

const NO_RESULT: PullResult = { fragments: [], isFullState: false };

interface PullsOptions {
  readonly set: PresenceSet;
  /** How long a pull waits for the next part of its answer. */
  readonly pullTimeoutMs: number;
  /** Whether this peer is up and has listed this replica recently. Only such a peer can answer. */
  readonly isInTouch: (peer: string) => boolean;
  /** The time one jittered flush delay from now. */
  readonly afterFlushDelay: () => number;
}

/**
 * Pulls missing ranges: from the owner first and then, if no part of its answer arrives in time, from the peers that
 * advertised more. At most one pull per peer is in flight, and each replica is in one pull only.
 */
export class Pulls {
  readonly #options: PullsOptions;
  readonly #missing = new MissingRanges();
  /** The replicas whose slice here differs from that of their owner, although both have seen the same events. */
  readonly #diverged = new Set<string>();
  /** The pulls in flight, by peer. */
  readonly #pending = new Map<string, PendingPull>();
  /** The latest pulls of missing ranges that timed out, by peer. On a slow bus their answers arrive after all. */
  readonly #late = new Map<string, PendingPull[]>();
  #lastRequest = 0;

  constructor(options: PullsOptions) {
    this.#options = options;
  }

  /** Records that `advertiser` has seen `seen` of `replica`. If this replica has seen less, schedules a pull. */
  advertised(replica: string, advertiser: string, seen: Intervals): void {
    const { set, afterFlushDelay } = this.#options;
    if (!set.hasSeen(replica, seen)) this.#missing.add(replica, advertiser, seen, afterFlushDelay());
  }

  /** Schedules a pull of the whole slice of a replica. Returns false if one is scheduled or in flight already. */
  refetch(replica: string): boolean {
    if (this.#diverged.has(replica)) return false;
    this.#diverged.add(replica);
    return true;
  }

  /** Gives up the pulls that timed out, and returns the pulls to send now. */
  due(now: number): Pull[] {
    // A shortcut for the most common case: this runs at every tick.
    if (this.#diverged.size === 0 && now < this.nextAt) return [];
    for (const [peer, { lastProgressAt }] of this.#pending) {
      if (now >= lastProgressAt + this.#options.pullTimeoutMs) this.#timeOut(peer);
    }
    return [...this.#fullStatePulls(now), ...this.#missingRangePulls(now)];
  }

  /** When `due` has something to do, unless a part arrives before. */
  get nextAt(): number {
    let next = this.#missing.nextAt;
    if (this.#pending.size === 0) return next;
    for (const { lastProgressAt } of this.#pending.values())
      next = Math.min(next, lastProgressAt + this.#options.pullTimeoutMs);
    return next;
  }

  /** Takes in one part of an answer. A part that does not belong to a pull in flight brings nothing. */
  receive(peer: string, push: Push, now: number): PullResult {
    const pull = this.#pending.get(peer);
    if (pull === undefined || pull.request !== push.request) return this.#receiveLate(peer, push);
    pull.lastProgressAt = now;
    const fragments = pull.assembler.receive(push).filter(({ replica }) => pull.wants.has(replica));
    if (pull.assembler.isComplete) this.#finish(peer);
    if (!pull.isFullState) return { fragments, isFullState: false };
    pull.gathered.push(...fragments);
    if (!pull.assembler.isComplete || pull.gathered.length === 0) return NO_RESULT;
    return { fragments: [combineFragments(pull.gathered)], isFullState: true };
  }

  /** A replica went down, left or was forgotten: gives up the pull from it, and ignores what arrives of it. */
  forget(id: string): void {
    this.#missing.forget(id);
    this.#diverged.delete(id);
    this.#finish(id);
    this.#late.delete(id);
    for (const { wants } of [...this.#pending.values(), ...[...this.#late.values()].flat()]) wants.delete(id);
  }

  /** Gives up all pulls: this replica has a new id, and answers go to the old one. */
  reset(): void {
    for (const peer of this.#pending.keys()) this.#finish(peer);
    this.#late.clear();
  }

  /** Gives up a pull, but still takes its answer: to merge it is right whenever it arrives, unlike a whole slice. */
  #timeOut(peer: string): void {
    const pull = this.#pending.get(peer)!;
    if (!pull.isFullState) this.#late.set(peer, [...(this.#late.get(peer) ?? []), pull].slice(-MAX_LATE));
    this.#finish(peer);
  }

  #receiveLate(peer: string, push: Push): PullResult {
    const pulls = this.#late.get(peer) ?? [];
    const pull = pulls.find(({ request }) => request === push.request);
    if (pull === undefined) return NO_RESULT;
    const fragments = pull.assembler.receive(push).filter(({ replica }) => pull.wants.has(replica));
    // Answers to earlier pulls bring nothing more.
    if (pull.assembler.isComplete) this.#late.set(peer, pulls.slice(pulls.indexOf(pull) + 1));
    return { fragments, isFullState: false };
  }

  /** Ends the pull from a peer, because its answer is complete or will not come, and schedules what is still missing. */
  #finish(peer: string): void {
    const pull = this.#pending.get(peer);
    if (pull === undefined) return;
    this.#pending.delete(peer);
    for (const replica of pull.wants) {
      if (pull.isFullState) this.#diverged.delete(replica);
      else this.#missing.markAsked(replica, peer);
    }
    this.#missing.resumeAll(this.#options.afterFlushDelay());
  }

  /** Removes the advertisements that have been satisfied meanwhile. */
  #removeSeen(replica: string): void {
    this.#missing.removeSeen(replica, (seen) => this.#options.set.hasSeen(replica, seen));
  }

  /** The pulls for missing ranges: one per peer, for all replicas that the peer was picked for. */
  #missingRangePulls(now: number): Pull[] {
    const inFlight = new Set([...this.#pending.values()].flatMap(({ wants }) => [...wants]));
    const byPeer = new Map<string, string[]>();
    for (const replica of this.#missing.due(now)) {
      this.#removeSeen(replica);
      this.#missing.suspend(replica);
      if (inFlight.has(replica)) continue;
      const peer = this.#missing.pullCandidates(replica).find(this.#options.isInTouch);
      if (peer === undefined || this.#pending.has(peer)) continue;
      byPeer.set(peer, [...(byPeer.get(peer) ?? []), replica]);
    }
    return Array.from(byPeer, ([peer, replicas]) => this.#startPull(peer, replicas, false, now));
  }

  /** The pulls for whole slices. If the owner is not in touch, its next heartbeat shows the divergence again. */
  #fullStatePulls(now: number): Pull[] {
    const pulls: Pull[] = [];
    for (const replica of this.#diverged) {
      if (this.#pending.has(replica)) continue;
      if (this.#options.isInTouch(replica)) pulls.push(this.#startPull(replica, [replica], true, now));
      else this.#diverged.delete(replica);
    }
    return pulls;
  }

  #startPull(peer: string, replicas: readonly string[], isFullState: boolean, now: number): Pull {
    const { set } = this.#options;
    const request = ++this.#lastRequest;
    this.#pending.set(peer, {
      request,
      wants: new Set(replicas),
      isFullState,
      assembler: new PushAssembler(),
      gathered: [],
      lastProgressAt: now,
    });
    const wants = replicas.map((replica) => ({
      replica,
      seen: isFullState ? Intervals.empty() : set.seenOf(replica),
    }));
    return { type: "pull", to: peer, request, wants };
  }
}
