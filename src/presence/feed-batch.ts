import type { NetDiff } from "./net-diff.ts";
import type { Subscriber } from "./subscriber.ts";

/** One moment of a topic that is being projected: what changed up to it, and, for those who wait for one, its state. */
export interface FeedBatch<M extends object, P extends object> {
  /** What changed since the cut before. */
  readonly changes: NetDiff<M>;
  /** Those who have the state of the cut before. */
  readonly followers: readonly Subscriber<P>[];
  /** Those who wait for its state; who comes while nothing changes shares it. */
  readonly newcomers: Set<Subscriber<P>>;
  /** Whether nothing has changed since. */
  isCurrent: boolean;
  /** How many of its two parts are not settled. */
  pendingProjections: number;
  /** Whether its diff could not be projected. */
  hasDiffFailed: boolean;
  /** What went wrong first. */
  error: Error | undefined;
}
