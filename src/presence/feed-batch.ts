import type { NetChange } from "./net-change.ts";
import type { PresenceMessage } from "./presence-message.ts";

/** A subscription to a topic. Once it is gone, its listener gets nothing more. */
export interface Subscriber<P extends object> {
  readonly listener: (message: PresenceMessage<P>) => unknown;
  isGone: boolean;
}

/** One moment of a topic while it is projected: the changes up to it and, for new subscribers, the state at it. */
export interface FeedBatch<S extends object, P extends object> {
  /** The changes since the previous batch. */
  readonly changes: NetChange<S>;
  /** The subscribers that have the state of the previous batch. */
  readonly followers: readonly Subscriber<P>[];
  /** The subscribers that wait for the state of this batch. Others may still join them while nothing changes. */
  readonly awaitingState: Set<Subscriber<P>>;
  /** Whether nothing has changed since. */
  isCurrent: boolean;
  /** How many projections, of the diff and of the state, have not settled. */
  pendingProjections: number;
  /** Whether the projection of the diff failed. */
  hasDiffFailed: boolean;
  /** The first error. */
  error: Error | undefined;
}
