import type { PubSub } from "../../../src/pubsub/pubsub.ts";
import { decode } from "../../../src/wire/decode.ts";
import { monotonicNow } from "./monotonic-now.ts";
import { SHORT_PERIODS } from "./trackers.ts";

const PERIOD_MS = SHORT_PERIODS.broadcastPeriodMs;
export const HEARTBEAT_INTERVAL_MS: number = (SHORT_PERIODS.maxSilentPeriods + 1) * PERIOD_MS;
/** The longest time between two messages of a replica that is heard without a break. */
export const MAX_GAP_MS: number = HEARTBEAT_INTERVAL_MS + PERIOD_MS;
/** After so long without its own messages, a node has certainly noticed that it cannot hear. */
const DEAF_MS = 3 * HEARTBEAT_INTERVAL_MS;
/** The silence of a replica that may take it down. A node starts to count a little before it hears its own messages again. */
export const MAX_SILENCE_MS: number = SHORT_PERIODS.downPeriodMs - HEARTBEAT_INTERVAL_MS - MAX_GAP_MS;
/** A process that stands still for longer may take it for a pause. */
const MAX_STALL_MS = PERIOD_MS - 50;
const CHECK_STALL_EVERY_MS = 50;

interface Heard {
  /** Since when the replica is heard without a break. */
  since: number;
  at: number;
  /** From when on its silence counts. */
  awaitedSince: number;
  longestSilenceMs: number;
}

/**
 * What a node hears of each replica, itself included. It looks at the messages that reach the node, and does not ask the
 * presence, which may be wrong about it. Replicas have their ids. All times are in ms.
 */
export class HeardReplicas {
  readonly #heard = new Map<string, Heard>();
  readonly #ownIds = new Set<string>();
  #ownHeardAt: number;
  #stalledAt: number;

  constructor(now: number) {
    this.#ownHeardAt = now;
    this.#stalledAt = now;
  }

  /** The node has published a message under this id. */
  published(id: string): void {
    this.#ownIds.add(id);
  }

  /** A message of this replica has reached the node. */
  received(id: string, now: number): void {
    if (this.#ownIds.has(id)) this.#receivedOwn(now);
    const heard = this.#heard.get(id);
    if (heard === undefined) {
      this.#heard.set(id, { since: now, at: now, awaitedSince: now, longestSilenceMs: 0 });
      return;
    }
    if (now - heard.at > MAX_GAP_MS) heard.since = now;
    heard.longestSilenceMs = this.#longestSilenceMs(heard, now);
    heard.at = now;
    heard.awaitedSince = now;
  }

  /** The process stood still until now. */
  stalled(now: number): void {
    this.#stalledAt = now;
  }

  /** Forgets how long replicas were silent. A silence that lasts now still counts as a whole. */
  forgetSilence(): void {
    for (const heard of this.#heard.values()) heard.longestSilenceMs = 0;
  }

  /** Since when each replica that is heard now is heard without a break, in which the process did not stand still either. */
  since(now: number): Record<string, number> {
    const current = [...this.#heard].filter(([, { at }]) => now - at <= MAX_GAP_MS);
    return Object.fromEntries(current.map(([id, { since }]) => [id, Math.max(since, this.#stalledAt)]));
  }

  /** The replicas that may have gone down since `forgetSilence`: they were silent while the node could hear. */
  silent(now: number): string[] {
    const silent = [...this.#heard].filter(
      ([, heard]) => this.#longestSilenceMs(heard, now) > MAX_SILENCE_MS,
    );
    return silent.map(([id]) => id);
  }

  #receivedOwn(now: number): void {
    // A node that could not hear gives all replicas time again.
    if (now - this.#ownHeardAt > DEAF_MS) {
      for (const heard of this.#heard.values()) {
        heard.longestSilenceMs = this.#longestSilenceMs(heard, now);
        heard.awaitedSince = now;
      }
    }
    this.#ownHeardAt = now;
  }

  /** Time in which the node does not hear itself does not count. */
  #longestSilenceMs({ awaitedSince, longestSilenceMs }: Heard, now: number): number {
    return Math.max(longestSilenceMs, Math.min(now, this.#ownHeardAt + DEAF_MS) - awaitedSince);
  }
}

/** Follows what a node hears through a pub/sub. Give the node the returned one in its place. */
export function followHearing(pubsub: PubSub): { readonly pubsub: PubSub; readonly heard: HeardReplicas } {
  const heard = new HeardReplicas(monotonicNow());
  let checkedAt = monotonicNow();
  setInterval(() => {
    const now = monotonicNow();
    if (now - checkedAt > MAX_STALL_MS) heard.stalled(now);
    checkedAt = now;
  }, CHECK_STALL_EVERY_MS);
  const listeners = new Map<(bytes: Uint8Array) => void, (bytes: Uint8Array) => void>();
  const followed: PubSub = {
    ...pubsub,
    subscribe(topic, listener) {
      const following =
        listeners.get(listener) ??
        ((bytes) => {
          heard.received(senderOf(bytes), monotonicNow());
          listener(bytes);
        });
      listeners.set(listener, following);
      return pubsub.subscribe(topic, following);
    },
    unsubscribe: (topic, listener) => pubsub.unsubscribe(topic, listeners.get(listener) ?? listener),
    publish(topic, bytes) {
      heard.published(senderOf(bytes));
      return pubsub.publish(topic, bytes);
    },
  };
  return { pubsub: followed, heard };
}

/** The id of the replica that sent a message. */
function senderOf(bytes: Uint8Array): string {
  const decoded = decode(bytes);
  if (!decoded.ok) throw decoded.error;
  return decoded.message.sender.id;
}
