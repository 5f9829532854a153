import type { Entry, Presence } from "./live-entry.ts";
import type { Readers } from "./slice.ts";
import type { View } from "./visible-topics.ts";

/**
 * What a step changed for readers. No ref is in both; replayed from the start, changes give the list.
 *
 * @example
 * const { joins, leaves } = set.merge(fragment);
 */
export interface Change {
  /** Who is there now, and was not before. */
  readonly joins: readonly Presence[];
  /** Who was there before, and is not now. */
  readonly leaves: readonly Presence[];
}

/** Nothing changed for readers. */
export const NO_CHANGE: Change = Object.freeze({ joins: Object.freeze([]), leaves: Object.freeze([]) });

/** The readers of a slice that is hidden. */
export const NOBODY: Readers = { appeared: () => {}, vanished: () => {} };

/** Writes into the view what comes and goes in a shown slice, and writes down the net of it. */
export class Recorder implements Readers {
  readonly #view: View;
  readonly #joins: Entry[] = [];
  readonly #leaves: Entry[] = [];
  readonly #passing = new Set<Entry>();

  constructor(view: View) {
    this.#view = view;
  }

  appeared(entry: Entry): void {
    this.#view.appeared(entry);
    this.#joins.push(entry);
  }

  vanished(entry: Entry): void {
    this.#view.vanished(entry);
    this.#leaves.push(entry);
  }

  /** This entry came and went within the change: readers never hear of it. */
  passedBy(entry: Entry): void {
    this.#passing.add(entry);
  }

  change(): Change {
    if (this.#passing.size === 0) return { joins: this.#joins, leaves: this.#leaves };
    const stays = (entry: Entry) => !this.#passing.has(entry);
    return { joins: this.#joins.filter(stays), leaves: this.#leaves.filter(stays) };
  }
}
