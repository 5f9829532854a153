import type { Heartbeat } from "../wire/replica-message.ts";
import type { Hearing } from "./events.ts";
import type { Identity } from "./identity.ts";
import type { Members } from "./members.ts";
import type { SilenceDetector } from "./silence-detector.ts";
import type { Step } from "./step.ts";

interface HearingMonitorOptions {
  readonly step: Step;
  readonly identity: Identity;
  readonly members: Members;
  readonly silenceDetector: SilenceDetector;
  readonly broadcastPeriodMs: number;
  readonly heartbeatIntervalMs: number;
  readonly downPeriodMs: number;
}

/** A `HearingMonitor` for reading. */
export interface ReadonlyHearing {
  /** Whether this node and the cluster hear each other. A lost connection counts as deafness. */
  readonly status: Hearing;
  /** Whether a peer that is up has not listed this node for `downPeriodMs`, although its heartbeats arrive. */
  isUnheardBy(peer: string, now: number): boolean;
}

/** What a peer says of this node. */
interface Listing {
  /** When it last listed this node, or when it came up. */
  since: number;
  /** How many heartbeats since then did not list it. A long heartbeat comes in several parts, so one proves nothing. */
  heartbeatsWithout: number;
}

/** How many heartbeats of a peer must omit this node before that means something. */
const MIN_HEARTBEATS_WITHOUT = 2;

/**
 * Finds out when this node and its cluster have not heard each other for `downPeriodMs`. Silence alone is not enough:
 * a single node has no peers, so what counts is its own messages, which the transport must send back, and what peers
 * list in their heartbeats. Times are in ms.
 */
export class HearingMonitor implements ReadonlyHearing {
  readonly #options: HearingMonitorOptions;
  readonly #listings = new Map<string, Listing>();
  #status: Hearing = "ok";
  #deafSince: number | undefined = undefined;
  /** Before this time, this node could not know what peers list. */
  #referenceAt = 0;
  /** Peers list this node by its id. */
  #id = "";

  constructor(options: HearingMonitorOptions) {
    this.#options = options;
  }

  get status(): Hearing {
    return this.#status;
  }

  isUnheardBy(peer: string, now: number): boolean {
    const listing = this.#listings.get(peer);
    if (listing === undefined || listing.heartbeatsWithout < MIN_HEARTBEATS_WITHOUT) return false;
    return now - Math.max(listing.since, this.#referenceAt) > this.#options.downPeriodMs;
  }

  /** The process was paused, so it could not hear. */
  paused(): void {
    this.#startOver();
  }

  /** A heartbeat of a peer arrived, or a part of one. */
  heartbeatArrived(peer: string, { others }: Heartbeat): void {
    const { step, identity } = this.#options;
    const listsUs = others.some(({ id }) => identity.isOwnId(id));
    const listing = this.#listings.get(peer);
    if (listing === undefined || listsUs)
      this.#listings.set(peer, { since: step.now, heartbeatsWithout: listsUs ? 0 : 1 });
    else listing.heartbeatsWithout += 1;
  }

  /** One of our own messages came back. */
  ownMessageReturned(): void {
    if (this.#deafSince === undefined) return;
    const outageMs = this.#outageMs;
    this.#deafSince = undefined;
    this.#startOver();
    this.#become("ok", outageMs);
  }

  /** Call this once in each period. */
  check(): void {
    const { step, identity, members, silenceDetector } = this.#options;
    for (const id of this.#listings.keys()) if (members.getUp(id) === undefined) this.#listings.delete(id);
    if (!identity.isOwnId(this.#id)) this.#startOver();
    this.#id = identity.self.id;
    const deafSince = silenceDetector.deafSince(step.now);
    if (this.#deafSince === undefined && deafSince !== undefined)
      this.#deafSince = Math.max(deafSince, this.#referenceAt);
    const outageMs = this.#outageMs;
    const next = this.#judge();
    this.#become(next, outageMs);
  }

  #judge(): Hearing {
    const { step, members, downPeriodMs, broadcastPeriodMs, heartbeatIntervalMs } = this.#options;
    const { now } = step;
    const up = members.allUp();
    if (this.#deafSince !== undefined) {
      if (now - this.#deafSince <= downPeriodMs) return this.#status;
      const recently = now - Math.max(downPeriodMs, 2 * heartbeatIntervalMs);
      const heardSince = Math.max(this.#deafSince, recently) + broadcastPeriodMs;
      return up.some(({ heardAt }) => heardAt > heardSince) ? "mute" : "deaf";
    }
    const isMute = up.length > 0 && up.every(({ sender }) => this.isUnheardBy(sender.id, now));
    return isMute ? "mute" : "ok";
  }

  #become(next: Hearing, forMs: number): void {
    const former = this.#status;
    if (next === former) return;
    this.#status = next;
    const { isConnected } = this.#options.silenceDetector;
    this.#options.step.add({ type: "hearing", hearing: next, former, forMs, isConnected });
  }

  #startOver(): void {
    const { now } = this.#options.step;
    this.#referenceAt = now;
    for (const listing of this.#listings.values()) listing.heartbeatsWithout = 0;
    if (this.#deafSince !== undefined && this.#status === "ok") this.#deafSince = now;
  }

  /** How long the outage has lasted, if there is one. */
  get #outageMs(): number {
    const lastListedAt = Math.max(
      this.#referenceAt,
      ...[...this.#listings.values()].map(({ since }) => since),
    );
    return this.#options.step.now - (this.#deafSince ?? lastListedAt);
  }
}
