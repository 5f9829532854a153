import fc from "fast-check";
import type { Fragment } from "../../crdt/fragment.ts";
import { FaultChoices } from "./fault-choices.ts";
import { DEFAULT_LENGTH, type HistoryOptions, histories } from "./histories.ts";
import { type PlayedHistory, playHistory } from "./play-history.ts";
import { shuffle, splitIntoFragments } from "./split-history.ts";

/**
 * What reached somebody of a history: late, in any order, some of it twice, some never.
 *
 * @example
 * const { story, fragments }: Delivery = delivery;
 */
export interface Delivery {
  /** What happened. */
  readonly story: PlayedHistory;
  /** What arrived of it, in this order. */
  readonly fragments: readonly Fragment[];
}

/**
 * Histories as another replica hears of them, through a network that delays, repeats and loses.
 *
 * @example
 * fc.assert(fc.property(deliveries(), ({ story, fragments }) => {
 *   const observer = new PresenceSet({ replica: "observer" });
 *   for (const replica of story.sets.keys()) observer.show(replica);
 *   for (const fragment of fragments) observer.merge(fragment);
 * }));
 */
export function deliveries(options: HistoryOptions = {}): fc.Arbitrary<Delivery> {
  const { length = DEFAULT_LENGTH } = options;
  return fc
    .tuple(new FaultChoices(length), new FaultChoices(length), histories(options))
    .map(([fates, order, history]) => {
      const story = playHistory(history);
      const arriving = splitIntoFragments(story, order, 2).flatMap((fragment, at): Fragment[] => {
        const fate = fates[at % fates.length]! % 6;
        if (fate === 5) return [];
        return fate === 4 ? [fragment, fragment] : [fragment];
      });
      return { story, fragments: shuffle(arriving, order) };
    });
}
