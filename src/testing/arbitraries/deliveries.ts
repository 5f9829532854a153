import fc from "fast-check";
import type { Fragment } from "../../crdt/fragment.ts";
import { Calm } from "./fault-choices.ts";
import { EVENTS, type HistoryOptions, histories } from "./histories.ts";
import { play, type Story } from "./play-history.ts";
import { cut, shuffle } from "./split-history.ts";

/**
 * What reached somebody of a history: late, in any order, some of it twice, some never.
 *
 * @example
 * const { story, fragments }: Delivery = delivery;
 */
export interface Delivery {
  /** What happened. */
  readonly story: Story;
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
  const { length = EVENTS } = options;
  return fc.tuple(new Calm(length), new Calm(length), histories(options)).map(([fates, order, history]) => {
    const story = play(history);
    const arriving = cut(story, order, 2).flatMap((fragment, at): Fragment[] => {
      const fate = fates[at % fates.length]! % 6;
      if (fate === 5) return [];
      return fate === 4 ? [fragment, fragment] : [fragment];
    });
    return { story, fragments: shuffle(arriving, order) };
  });
}
