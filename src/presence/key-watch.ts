import type { CountChange } from "../tracker/events/count-changes.ts";
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
  /** Whether `count` includes changes that have not come yet. */
  readonly hasQueuedDiff: () => boolean;
  readonly call: (listener: KeyListener, topic: string, key: string, cause: Cause) => void;
}

/**
 * Calls `onKeyJoin` and `onKeyLeave`. It keeps no counts: it computes the count of a key before a change from its count now.
 */
export class KeyWatch {
  readonly #options: KeyWatchOptions;
  #queued: (readonly [changes: readonly CountChange[], cause: Cause])[] = [];

  constructor(options: KeyWatchOptions) {
    this.#options = options;
  }

  onChanges(changes: readonly CountChange[], cause: Cause): void {
    this.#queued.push([changes, cause]);
    if (this.#options.hasQueuedDiff()) return;
    const { onKeyJoin, onKeyLeave, count, call } = this.#options;
    const keys = keyChanges(this.#queued, count);
    this.#queued = [];
    for (const { topic, key, cause, isJoin } of keys) {
      const listener = isJoin ? onKeyJoin : onKeyLeave;
      if (listener !== undefined) call(listener, topic, key, cause);
    }
  }
}

/** The keys that these changes, in order, made join or leave. `count` is the count after the last of them. */
function keyChanges(
  queued: readonly (readonly [readonly CountChange[], Cause])[],
  count: KeyWatchOptions["count"],
): KeyChange[] {
  const counts = new Map<string, Map<string, number>>();
  const found: KeyChange[] = [];
  for (const [changes, cause] of queued.toReversed()) {
    for (const { topic, key, joins, leaves } of changes.toReversed()) {
      const known = counts.get(topic) ?? new Map<string, number>();
      counts.set(topic, known);
      const after = known.get(key) ?? count(topic, key);
      const before = after - joins + leaves;
      known.set(key, before);
      if (before > 0 !== after > 0) found.push({ topic, key, cause, isJoin: after > 0 });
    }
  }
  return found.reverse();
}
