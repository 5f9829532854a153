import type { LiveEntry, PresenceRecord } from "./live-entry.ts";
import type { VisibilityListener } from "./slice.ts";
import type { VisibleTopics } from "./visible-topics.ts";

/**
 * What a step changed for readers. No ref is in both; replayed from the start, changes give the list.
 *
 * @example
 * const { joins, leaves } = set.merge(fragment);
 */
export interface Change {
  /** Who is there now, and was not before. */
  readonly joins: readonly PresenceRecord[];
  /** Who was there before, and is not now. */
  readonly leaves: readonly PresenceRecord[];
}

/** Nothing changed for readers. */
export const NO_CHANGE: Change = Object.freeze({ joins: Object.freeze([]), leaves: Object.freeze([]) });

/** The readers of a slice that is hidden. */
export const NO_LISTENER: VisibilityListener = { appeared: () => {}, vanished: () => {} };

/** Writes into the view what comes and goes in a shown slice, and writes down the net of it. */
export class ChangeRecorder implements VisibilityListener {
  readonly #view: VisibleTopics;
  readonly #joins: LiveEntry[] = [];
  readonly #leaves: LiveEntry[] = [];
  readonly #passing = new Set<LiveEntry>();

  constructor(view: VisibleTopics) {
    this.#view = view;
  }

  appeared(entry: LiveEntry): void {
    this.#view.appeared(entry);
    this.#joins.push(entry);
  }

  vanished(entry: LiveEntry): void {
    this.#view.vanished(entry);
    this.#leaves.push(entry);
  }

  /** This entry came and went within the change: readers never hear of it. */
  appearedAndVanished(entry: LiveEntry): void {
    this.#passing.add(entry);
  }

  change(): Change {
    if (this.#passing.size === 0) return { joins: this.#joins, leaves: this.#leaves };
    const stays = (entry: LiveEntry) => !this.#passing.has(entry);
    return { joins: this.#joins.filter(stays), leaves: this.#leaves.filter(stays) };
  }
}
