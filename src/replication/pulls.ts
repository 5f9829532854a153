import type { Fragment } from "../crdt/fragment.ts";
import { Intervals } from "../crdt/intervals.ts";
import type { PresenceSet } from "../crdt/presence-set.ts";
import type { Pull, Push } from "../wire/replica-message.ts";
import { MissingRanges } from "./missing-ranges.ts";
import { combineFragments, PushAssembler } from "./push-assembler.ts";

/** A pull that is not answered yet. */
interface Flight {
  readonly request: number;
  readonly wants: Set<string>;
  /** All of one replica, to be put in place of what we have. */
  readonly isWhole: boolean;
  readonly answer: PushAssembler;
  readonly gathered: Fragment[];
  /** When it was sent, or last brought a part. */
  renewedAt: number;
}

/** What a push brings. */
export interface PullResult {
  readonly fragments: readonly Fragment[];
  /** Each is right where our own set differs. */
  readonly isFullState: boolean;
}

const NOTHING: PullResult = { fragments: [], isFullState: false };

interface PullsOptions {
  readonly set: PresenceSet;
  /** How long an answer may bring nothing. */
  readonly patienceMs: number;
  /** Whether this peer is up, hears us, and is heard. */
  readonly isInTouch: (peer: string) => boolean;
  /** A little later than now, by chance. */
  readonly soon: () => number;
}

/**
 * Asks for what we lack: the owner first, and when no part of an answer came for a while those who advertised it, and
 * only for the rest. One pull in flight a peer, each replica in one of them only.
 */
export class Pulls {
  readonly #options: PullsOptions;
  readonly #lacks = new MissingRanges();
  /** Of these we hold something else than their owner, having seen the same. */
  readonly #doubts = new Set<string>();
  readonly #flights = new Map<string, Flight>();
  #lastRequest = 0;

  constructor(options: PullsOptions) {
    this.#options = options;
  }

  /** `advertiser` has seen so much of a replica. Where that is more than we have, it is asked for soon. */
  advertised(replica: string, advertiser: string, seen: Intervals): void {
    const { set, soon } = this.#options;
    if (!set.hasSeen(replica, seen)) this.#lacks.add(replica, advertiser, seen, soon());
  }

  /** All of a replica is to be asked for anew. Whether that is news. */
  refetch(replica: string): boolean {
    if (this.#doubts.has(replica)) return false;
    this.#doubts.add(replica);
    return true;
  }

  /** Gives up what brought no part for a while, and returns the pulls to send now. */
  due(now: number): Pull[] {
    // By far the most common, as this is asked at every step.
    if (this.#doubts.size === 0 && now < this.nextAt) return [];
    for (const [peer, { renewedAt }] of this.#flights) {
      if (now >= renewedAt + this.#options.patienceMs) this.#land(peer);
    }
    return [...this.#wholePulls(now), ...this.#pulls(now)];
  }

  /** When `due` has something to do, if nothing arrives before. */
  get nextAt(): number {
    let next = this.#lacks.nextAt;
    if (this.#flights.size === 0) return next;
    for (const { renewedAt } of this.#flights.values())
      next = Math.min(next, renewedAt + this.#options.patienceMs);
    return next;
  }

  /** What a part of an answer brings. One that we do not wait for, or no longer, brings nothing. */
  receive(peer: string, push: Push, now: number): PullResult {
    const flight = this.#flights.get(peer);
    if (flight === undefined || flight.request !== push.request) return NOTHING;
    flight.renewedAt = now;
    const fragments = flight.answer.receive(push).filter(({ replica }) => flight.wants.has(replica));
    if (flight.answer.isComplete) this.#land(peer);
    if (!flight.isWhole) return { fragments, isFullState: false };
    flight.gathered.push(...fragments);
    if (!flight.answer.isComplete || flight.gathered.length === 0) return NOTHING;
    return { fragments: [combineFragments(flight.gathered)], isFullState: true };
  }

  /** A replica is down or gone: it is not asked, nothing is wanted of it, and what is on its way is too late. */
  forget(id: string): void {
    this.#lacks.forget(id);
    this.#doubts.delete(id);
    this.#land(id);
    for (const { wants } of this.#flights.values()) wants.delete(id);
  }

  /** We are somebody else now: no answer will find us. */
  reset(): void {
    for (const peer of this.#flights.keys()) this.#land(peer);
  }

  /** What a pull asked for came, or will not come. */
  #land(peer: string): void {
    const flight = this.#flights.get(peer);
    if (flight === undefined) return;
    this.#flights.delete(peer);
    for (const replica of flight.wants) {
      if (flight.isWhole) this.#doubts.delete(replica);
      else this.#lacks.markAsked(replica, peer);
    }
    this.#lacks.resumeAll(this.#options.soon());
  }

  #settle(replica: string): void {
    this.#lacks.removeSeen(replica, (seen) => this.#options.set.hasSeen(replica, seen));
  }

  /** What we have by now is not asked for; what is asked for already is not asked for twice. */
  #pulls(now: number): Pull[] {
    const inFlight = new Set([...this.#flights.values()].flatMap(({ wants }) => [...wants]));
    const byPeer = new Map<string, string[]>();
    for (const replica of this.#lacks.due(now)) {
      this.#settle(replica);
      this.#lacks.suspend(replica);
      if (inFlight.has(replica)) continue;
      const peer = this.#lacks.candidates(replica).find(this.#options.isInTouch);
      if (peer === undefined || this.#flights.has(peer)) continue;
      byPeer.set(peer, [...(byPeer.get(peer) ?? []), replica]);
    }
    return Array.from(byPeer, ([peer, replicas]) => this.#ask(peer, replicas, false, now));
  }

  #wholePulls(now: number): Pull[] {
    const pulls: Pull[] = [];
    for (const replica of this.#doubts) {
      if (this.#flights.has(replica)) continue;
      if (this.#options.isInTouch(replica)) pulls.push(this.#ask(replica, [replica], true, now));
      else this.#doubts.delete(replica);
    }
    return pulls;
  }

  #ask(peer: string, replicas: readonly string[], isWhole: boolean, now: number): Pull {
    const { set } = this.#options;
    const request = ++this.#lastRequest;
    this.#flights.set(peer, {
      request,
      wants: new Set(replicas),
      isWhole,
      answer: new PushAssembler(),
      gathered: [],
      renewedAt: now,
    });
    const wants = replicas.map((replica) => ({
      replica,
      seen: isWhole ? Intervals.empty() : set.seenOf(replica),
    }));
    return { type: "pull", to: peer, request, wants };
  }
}
