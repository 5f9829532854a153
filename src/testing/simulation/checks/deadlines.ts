import { heartbeatIntervalMs, slownessOf, type TrackerTimes, timesBetween } from "../tracker-times.ts";
import type { KnownReplicas } from "./known-replicas.ts";
import type { TrackedPresence } from "./ledger.ts";

/** Since when two nodes and their links have been free of trouble. A time is `Infinity` while there is trouble. */
export interface TroubleFreeSince {
  /** Since when the observer has been running, connected and able to receive. */
  readonly observer: number;
  /** Since when this has held for both nodes and for the links between them in both directions. */
  readonly between: number;
}

/** The virtual time by which a node must no longer show a presence, and the reason. */
export interface Deadline {
  readonly at: number;
  readonly why: string;
}

/** The longest that a node may show a presence that has ended. `docs/replication.md` explains the bound. */
export function deadlineOf(
  presence: Pick<TrackedPresence, "incarnation" | "endsAt">,
  knownReplicas: KnownReplicas,
  troubleFree: TroubleFreeSince,
  { times, slackMs, now }: { readonly times: TrackerTimes; readonly slackMs: number; readonly now: number },
): Deadline {
  const { broadcastPeriodMs } = times;
  const { id, endedAt, times: ownerTimes } = presence.incarnation;
  const between = timesBetween(times, ownerTimes);
  const downPeriodMs = times.downPeriodMs * slownessOf(ownerTimes, times);
  const goneAt = knownReplicas.goneAt(id, now);
  // After trouble of its own a node measures silence from when it receives its own messages again. If its last heartbeat was
  // lost just before, it notices that after one period, and sends the next heartbeat after another.
  const silentSince = Math.max(
    knownReplicas.lastSignOfLife(id) ?? 0,
    troubleFree.observer + 2 * broadcastPeriodMs,
  );
  let deadline: Deadline =
    goneAt === undefined
      ? { at: silentSince + downPeriodMs + broadcastPeriodMs + slackMs, why: "its replica was silent" }
      : { at: Math.max(goneAt, troubleFree.observer) + slackMs, why: "its replica is gone" };
  if (endedAt === Number.POSITIVE_INFINITY) {
    const announcedMs = between.heartbeatIntervalMs + 2 * between.broadcastPeriodMs;
    const at = Math.max(presence.endsAt, troubleFree.between) + announcedMs + slackMs;
    deadline = earlier(deadline, { at, why: "its owner ended" });
  }
  return deadline;
}

/**
 * Why a node must not declare another one down now, or `undefined` if it may. Silence during a time in which the node
 * could not receive does not count, and afterwards every other node has a whole `downPeriodMs` again. The node notices
 * such a time by two of its own heartbeats that do not come back.
 */
export function prematureDownReason(
  trouble: { readonly from: number; readonly to: number },
  { times, slackMs, now }: { readonly times: TrackerTimes; readonly slackMs: number; readonly now: number },
): string | undefined {
  const noticedAt = trouble.from + deafnessNoticedMs(times) + slackMs;
  if (noticedAt >= Math.min(trouble.to, now)) return undefined;
  if (trouble.to === Number.POSITIVE_INFINITY) return "while it cannot receive";
  const waitedMs = now - trouble.to;
  if (waitedMs + ROUNDING_MS >= times.downPeriodMs) return undefined;
  return `only ${Math.round(waitedMs)} ms after it could not receive`;
}

/** How long a node that cannot receive needs at most to notice it. */
export function deafnessNoticedMs(times: TrackerTimes): number {
  return 2 * heartbeatIntervalMs(times) + 2 * times.broadcastPeriodMs;
}

/**
 * How long a node that cannot receive, because its subscription was lost, needs at most to receive again: it notices that, and
 * subscribes again after a backoff of at most 16 times the first one.
 */
export function deafnessEndsMs(times: TrackerTimes): number {
  const shortestBackoffMs = heartbeatIntervalMs(times) + times.broadcastPeriodMs;
  return deafnessNoticedMs(times) + 16 * shortestBackoffMs + times.broadcastPeriodMs;
}

/** Sums of fractions of a millisecond are not exact. */
const ROUNDING_MS = 0.001;

function earlier(one: Deadline, other: Deadline): Deadline {
  return other.at < one.at ? other : one;
}
