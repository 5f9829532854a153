import type { ReplicaIncarnation } from "../wire/replica-message.ts";
import type { Member } from "./member.ts";
import { HeartbeatIntervalError } from "./replication-errors.ts";
import type { Step } from "./step.ts";

/** A longer interval of a peer counts as at most so many times ours: a stranger may state any. */
const MAX_SLOWNESS = 10;

/** How many different intervals are reported. Nobody configures more, and a stranger may state any number of them. */
const MAX_REPORTED = 16;

/**
 * Compares the heartbeat intervals that peers state with ours. Nodes with different periods are normal during a deploy that
 * changes them: a peer is judged by the longer of the two intervals, so that neither takes the other for down.
 */
export class HeartbeatIntervals {
  /** Our own interval, in whole ms as in our heartbeats. */
  readonly ownMs: number;
  readonly #step: Step;
  readonly #reported = new Set<number>();

  constructor(ownMs: number, step: Step) {
    this.ownMs = Math.ceil(ownMs);
    this.#step = step;
  }

  /** How many times as long as ours the interval of a peer counts: from 1 to 10. Warns once of each other interval. */
  slownessOf(peer: ReplicaIncarnation, intervalMs: number): number {
    if (intervalMs !== this.ownMs && intervalMs > 0) this.#report(peer, intervalMs);
    return Math.min(Math.max(1, intervalMs / this.ownMs), MAX_SLOWNESS);
  }

  #report({ name }: ReplicaIncarnation, intervalMs: number): void {
    if (this.#reported.has(intervalMs) || this.#reported.size >= MAX_REPORTED) return;
    this.#reported.add(intervalMs);
    this.#step.warn(new HeartbeatIntervalError(name, intervalMs, this.ownMs, MAX_SLOWNESS));
  }

  /** Whether at most two heartbeat intervals of a peer have passed since it said something. */
  isRecent({ slowness }: Pick<Member, "slowness">, at: number, now: number): boolean {
    return now - at <= 2 * this.ownMs * slowness;
  }
}
