import type { SharedChange, SharedState } from "./audience.ts";
import type { NetChange } from "./net-change.ts";

/** One moment of a topic while it is projected: the changes up to it and, for new subscribers, the states at it. */
export interface FeedBatch<S extends object, P extends object> {
  /** The changes since the previous batch. */
  readonly changes: NetChange<S>;
  /** The diffs for the subscribers that have the state of the previous batch. */
  readonly diffs: readonly SharedChange<S, P>[];
  /** Those that wait for a state of this batch, by its content. Others may still join them while nothing changes. */
  readonly states: ReadonlyMap<string, SharedState<S, P>>;
  /** Whether nothing has changed since. */
  isCurrent: boolean;
  /** How many projections, of diffs and of states, have not settled. */
  pendingProjections: number;
  /** Whether the projection for the listeners of `diff` failed. */
  hasDiffFailed: boolean;
  /** The first error. */
  error: Error | undefined;
}
