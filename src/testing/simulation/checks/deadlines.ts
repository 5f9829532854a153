import { heartbeatIntervalMs, type TrackerTimes } from "../tracker-times.ts";
import type { KnownReplicas } from "./known-replicas.ts";
import type { TrackedPresence } from "./ledger.ts";

/** From when on a node, and the way between two, was without any trouble of its own; `Infinity` while it has some. */
export interface TroubleFreeSince {
  /** Of the observer: running, connected, hearing. */
  readonly observer: number;
  /** Of the node that holds the presence, and of the way between the two, in both directions. */
  readonly between: number;
}

/** When a presence must be gone from a node that shows it, in virtual ms, and why. */
export interface Deadline {
  readonly at: number;
  readonly why: string;
}

/** The bound of `protocol.md`. */
export function deadlineOf(
  row: TrackedPresence,
  hearing: KnownReplicas,
  clear: TroubleFreeSince,
  { times, slackMs, now }: { readonly times: TrackerTimes; readonly slackMs: number; readonly now: number },
): Deadline {
  const { broadcastPeriodMs, downPeriodMs } = times;
  const { id, endedAt } = row.incarnation;
  const goneAt = hearing.goneAt(id, now);
  // After trouble of its own a node counts from when it hears itself. Where a last heartbeat was lost just before, it takes a
  // period until that shows, and one more until the next was sent.
  const silentSince = Math.max(hearing.lastSignOfLife(id) ?? 0, clear.observer + 2 * broadcastPeriodMs);
  let deadline: Deadline =
    goneAt === undefined
      ? { at: silentSince + downPeriodMs + broadcastPeriodMs + slackMs, why: "its replica was silent" }
      : { at: Math.max(goneAt, clear.observer) + slackMs, why: "its replica is gone" };
  if (endedAt === Number.POSITIVE_INFINITY) {
    const toldMs = heartbeatIntervalMs(times) + 2 * broadcastPeriodMs;
    const at = Math.max(row.endsAt, clear.between) + toldMs + slackMs;
    deadline = earlier(deadline, { at, why: "its owner ended" });
  }
  return deadline;
}

/**
 * Why a node must not take another for down now, if it must not: of the time in which it could not hear itself nothing
 * counts, and afterwards everybody has a whole `downPeriodMs` anew. It takes two heartbeats of its own to notice.
 */
export function prematureDownReason(
  trouble: { readonly from: number; readonly to: number },
  { times, slackMs, now }: { readonly times: TrackerTimes; readonly slackMs: number; readonly now: number },
): string | undefined {
  const noticedAt = trouble.from + 2 * heartbeatIntervalMs(times) + 2 * times.broadcastPeriodMs + slackMs;
  if (noticedAt >= Math.min(trouble.to, now)) return undefined;
  if (trouble.to === Number.POSITIVE_INFINITY) return "while it can't hear";
  const waitedMs = now - trouble.to;
  if (waitedMs + ROUNDING_MS >= times.downPeriodMs) return undefined;
  return `${Math.round(waitedMs)} ms after it could not hear`;
}

/** Sums of fractions of a millisecond are not exact. */
const ROUNDING_MS = 0.001;

function earlier(one: Deadline, other: Deadline): Deadline {
  return other.at < one.at ? other : one;
}
