import fc from "fast-check";
import type { Fragment } from "../../crdt/fragment.ts";
import { FaultChoices } from "./fault-choices.ts";
import { DEFAULT_LENGTH, type HistoryOptions, histories } from "./histories.ts";
import { type PlayedHistory, playHistory } from "./play-history.ts";
import { shuffle, splitIntoFragments } from "./split-history.ts";

/** A history, and the fragments of it that reached another replica. */
export interface Delivery {
  readonly history: PlayedHistory;
  /** The fragments that arrived, in this order. */
  readonly fragments: readonly Fragment[];
}

/** Histories as another replica receives them, over a network that reorders, repeats and loses messages. */
export function deliveries(options: HistoryOptions = {}): fc.Arbitrary<Delivery> {
  const { length = DEFAULT_LENGTH } = options;
  return fc
    .tuple(new FaultChoices(length), new FaultChoices(length), histories(options))
    .map(([faults, order, events]) => {
      const history = playHistory(events);
      const arriving = splitIntoFragments(history, order, 2).flatMap((fragment, index): Fragment[] => {
        const fault = faults[index % faults.length]! % 6;
        if (fault === 5) return [];
        return fault === 4 ? [fragment, fragment] : [fragment];
      });
      return { history, fragments: shuffle(arriving, order) };
    });
}
