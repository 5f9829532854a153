import { setTimeout as pause } from "node:timers/promises";
import { HEARTBEAT_INTERVAL_MS, MAX_GAP_MS } from "../support/heard-replicas.ts";
import { monotonicNow } from "../support/monotonic-now.ts";
import type { Numbers } from "../support/replicate-modes.ts";
import { SHORT_PERIODS } from "../support/trackers.ts";

const { broadcastPeriodMs, downPeriodMs } = SHORT_PERIODS;
const AUDIT_EVERY_MS = 50;

/**
 * The longest time that all nodes may take to agree once they hear each other, without `leaveDelayMs`. It is the documented bound of a ghost at a node
 * that was cut off itself, plus what goes unnoticed here: a gap in what a node hears, and the time between two looks.
 */
export const MAX_AGREEMENT_MS: number =
  Math.max(downPeriodMs + 3 * broadcastPeriodMs, HEARTBEAT_INTERVAL_MS + 2 * broadcastPeriodMs) +
  MAX_GAP_MS +
  2 * AUDIT_EVERY_MS;

/** A cluster that an audit can inspect. */
export interface AuditedCluster {
  /** The numbers that every node must show. The cluster records them itself, without asking the nodes. */
  expected(): Numbers;
  show(): Promise<ShownByAll>;
}

export interface ShownByAll {
  /** The numbers that each node shows. */
  readonly numbers: readonly Numbers[];
  /** Since when all nodes hear each other, in ms of `monotonicNow`, if they do. */
  readonly allHearSince: number | undefined;
}

export interface AuditResult {
  /** The number of unexpected presences, summed over all nodes. */
  readonly ghosts: number;
  /** The number of missing presences, summed over all nodes. */
  readonly losses: number;
  /** How long it took until all nodes showed the expected numbers, or until the audit gave up. */
  readonly durationMs: number;
  /** The part of that time in which all nodes heard each other. */
  readonly hearingMs: number;
}

export interface AuditOptions {
  /** When to give up even if not all nodes hear each other. */
  readonly settleMs: number;
  /** The `leaveDelayMs` of the nodes. */
  readonly leaveDelayMs: number;
}

/** The time of an audit, for tests. */
export interface AuditTime {
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<unknown>;
}

/**
 * Waits until every node shows the expected numbers, and counts the remaining differences. It gives up after
 * `MAX_AGREEMENT_MS` and `leaveDelayMs` in which all nodes hear each other, or after `settleMs` in any case.
 */
export async function audit(
  cluster: AuditedCluster,
  { settleMs, leaveDelayMs }: AuditOptions,
  time: AuditTime = { now: monotonicNow, pause },
): Promise<AuditResult> {
  const startedAt = time.now();
  const expected = cluster.expected();
  const maxHearingMs = MAX_AGREEMENT_MS + leaveDelayMs;
  for (;;) {
    const { numbers, allHearSince } = await cluster.show();
    const now = time.now();
    const durationMs = now - startedAt;
    const hearingMs = allHearSince === undefined ? 0 : now - Math.max(startedAt, allHearSince);
    const ghosts = numbers.reduce((sum, each) => sum + surplus(each, expected), 0);
    const losses = numbers.reduce((sum, each) => sum + surplus(expected, each), 0);
    if (ghosts + losses === 0 || hearingMs > maxHearingMs || durationMs > settleMs)
      return { ghosts, losses, durationMs, hearingMs };
    await time.pause(AUDIT_EVERY_MS);
  }
}

/** By how much numbers exceed others, summed over all places. */
function surplus(numbers: Numbers, others: Numbers): number {
  const places = new Set([...Object.keys(numbers), ...Object.keys(others)]);
  return [...places].reduce(
    (sum, place) => sum + Math.max(0, (numbers[place] ?? 0) - (others[place] ?? 0)),
    0,
  );
}
