import type { Diff } from "../payload.ts";
import type { Cause } from "../tracker/events/tracker-events.ts";
import type { KeyListener } from "./presence-options.ts";

/** A key that joined or left a topic. */
interface KeyChange {
  readonly topic: string;
  readonly key: string;
  readonly cause: Cause;
  readonly isJoin: boolean;
}

interface KeyWatchOptions {
  readonly onKeyJoin: KeyListener | undefined;
  readonly onKeyLeave: KeyListener | undefined;
  /** The number of presences that a key has now. */
  readonly count: (topic: string, key: string) => number;
  /** Whether `count` includes diffs that have not come yet. */
  readonly hasQueuedDiff: () => boolean;
  readonly call: (listener: KeyListener, topic: string, key: string, cause: Cause) => void;
}

/**
 * Calls `onKeyJoin` and `onKeyLeave`. It keeps no counts: it computes the count of a key before a diff from its count now.
 */
export class KeyWatch<M extends object> {
  readonly #options: KeyWatchOptions;
  #queuedDiffs: (readonly [diff: Diff<M>, cause: Cause])[] = [];

  constructor(options: KeyWatchOptions) {
    this.#options = options;
  }

  onDiff(diff: Diff<M>, cause: Cause): void {
    this.#queuedDiffs.push([diff, cause]);
    if (this.#options.hasQueuedDiff()) return;
    const { onKeyJoin, onKeyLeave, count, call } = this.#options;
    const changes = keyChanges(this.#queuedDiffs, count);
    this.#queuedDiffs = [];
    for (const { topic, key, cause, isJoin } of changes) {
      const listener = isJoin ? onKeyJoin : onKeyLeave;
      if (listener !== undefined) call(listener, topic, key, cause);
    }
  }
}

/** The keys that these diffs, in order, made join or leave. `count` is the count after the last diff. */
function keyChanges<M extends object>(
  diffs: readonly (readonly [Diff<M>, Cause])[],
  count: KeyWatchOptions["count"],
): KeyChange[] {
  const counts = new Map<string, Map<string, number>>();
  const changes: KeyChange[] = [];
  for (const [diff, cause] of diffs.toReversed()) {
    for (const [topic, { joins, leaves }] of Array.from(diff).reverse()) {
      const known = counts.get(topic) ?? new Map<string, number>();
      counts.set(topic, known);
      for (const key of new Set([...Object.keys(leaves), ...Object.keys(joins)].reverse())) {
        const after = known.get(key) ?? count(topic, key);
        const before = after - (joins[key]?.metas.length ?? 0) + (leaves[key]?.metas.length ?? 0);
        known.set(key, before);
        if (before > 0 !== after > 0) changes.push({ topic, key, cause, isJoin: after > 0 });
      }
    }
  }
  return changes.reverse();
}
