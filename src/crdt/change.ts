import type { LiveEntry, PresenceRecord } from "./live-entry.ts";
import type { VisibilityListener } from "./slice.ts";
import type { VisibleTopics } from "./visible-topics.ts";

/**
 * The presences that appeared and disappeared for readers in one change. No ref is in both lists. All changes, replayed
 * from the start, give the current list.
 *
 * @example
 * const { joins, leaves } = set.merge(fragment);
 */
export interface Change {
  /** The presences that are listed now and were not before. */
  readonly joins: readonly PresenceRecord[];
  /** The presences that were listed before and are not now. */
  readonly leaves: readonly PresenceRecord[];
}

/** The change of a call that changed nothing for readers. */
export const NO_CHANGE: Change = Object.freeze({ joins: Object.freeze([]), leaves: Object.freeze([]) });

/** The listener of a hidden slice. */
export const NO_LISTENER: VisibilityListener = { appeared: () => {}, vanished: () => {} };

/** Lists the entries of a shown slice as they appear and vanish, and records the resulting change. */
export class ChangeRecorder implements VisibilityListener {
  readonly #visible: VisibleTopics;
  readonly #joins: LiveEntry[] = [];
  readonly #leaves: LiveEntry[] = [];
  readonly #unreported = new Set<LiveEntry>();

  constructor(visible: VisibleTopics) {
    this.#visible = visible;
  }

  appeared(entry: LiveEntry): void {
    this.#visible.appeared(entry);
    this.#joins.push(entry);
  }

  vanished(entry: LiveEntry): void {
    this.#visible.vanished(entry);
    this.#leaves.push(entry);
  }

  /** Leaves this entry out of the change, because it appeared and vanished within it. */
  appearedAndVanished(entry: LiveEntry): void {
    this.#unreported.add(entry);
  }

  change(): Change {
    if (this.#unreported.size === 0) return { joins: this.#joins, leaves: this.#leaves };
    const isReported = (entry: LiveEntry) => !this.#unreported.has(entry);
    return { joins: this.#joins.filter(isReported), leaves: this.#leaves.filter(isReported) };
  }
}
