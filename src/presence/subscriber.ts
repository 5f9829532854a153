import type { NetChange } from "./net-change.ts";
import type { PresenceMessage } from "./presence-message.ts";

/**
 * Where a subscription is: `outdated` without a valid state and not waiting for one, `awaiting` the next state, `projecting` while
 * `fetch` makes its state, `following` with a state and all diffs since, or `gone`.
 */
type Status = "outdated" | "awaiting" | "projecting" | "following" | "gone";

/** One subscription, as the feed of its topic sees it. */
export class Subscriber<S extends object, P extends object> {
  readonly listener: (message: PresenceMessage<P>) => unknown;
  status: Status = "outdated";
  isPaused = false;
  /** Whether its listener has failed, and it waits for the time of its next state. */
  hasFailed = false;
  /** The keys that it watches, or `undefined` if it watches all of them. */
  keys: string[] | undefined;
  /** The keys that the next diff adds (`true`) or removes, once it has a state. */
  edits: Map<string, boolean> | undefined = undefined;
  /** The changes since its last message that it has not been sent, because it was paused. */
  missed: NetChange<S> | undefined = undefined;

  /** Called once when it has gone. */
  readonly onEnd: () => void;

  constructor(listener: Subscriber<S, P>["listener"], keys: Iterable<string> | undefined, onEnd: () => void) {
    this.listener = listener;
    this.onEnd = onEnd;
    this.keys = keys === undefined ? undefined : [...new Set(keys)];
  }

  get isFollowing(): boolean {
    return this.status === "following";
  }

  get isGone(): boolean {
    return this.status === "gone";
  }

  /** Whether it needs a diff even if the topic does not change. */
  get needsDiff(): boolean {
    return this.isFollowing && !this.isPaused && (this.missed !== undefined || this.edits !== undefined);
  }

  /** Adds or removes keys with the next diff. A key that is added and removed before that is not edited. */
  edit(keys: readonly string[], isAdded: boolean): void {
    const known = new Set(this.keys);
    const edits = this.edits ?? new Map<string, boolean>();
    for (const key of keys) {
      if (known.has(key) === isAdded) edits.delete(key);
      else edits.set(key, isAdded);
    }
    this.edits = edits.size > 0 ? edits : undefined;
  }

  /** Takes the edits that have not become a diff. */
  takeEdits(): ReadonlyMap<string, boolean> {
    const edits = this.edits ?? new Map<string, boolean>();
    this.edits = undefined;
    return edits;
  }
}
