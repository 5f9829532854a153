import { type Fragment, fragmentOf, type Operation } from "../../crdt/fragment.ts";
import type { PlayedHistory } from "./play-history.ts";

/** Sorts a copy by chance. */
export function shuffle<Item>(items: readonly Item[], dice: readonly number[]): Item[] {
  return items
    .map((item, index) => ({ item, die: dice[index % dice.length]! + Math.floor(index / dice.length) }))
    .sort((one, other) => one.die - other.die)
    .map(({ item }) => item);
}

/** Cuts all that was sent into leave-closed fragments by chance: near or far in time, about `size` steps each. */
export function splitIntoFragments(story: PlayedHistory, dice: readonly number[], size = 4): Fragment[] {
  const fragments: Fragment[] = [];
  for (const replica of story.sets.keys()) {
    const steps = story.deltas.filter((delta) => delta.replica === replica).flatMap((delta) => delta.steps);
    const piles = new Map<number, Operation[]>();
    for (const [index, step] of steps.entries()) {
      const pile = dice[index % dice.length]! % Math.ceil(steps.length / size);
      piles.set(pile, [...(piles.get(pile) ?? []), step]);
    }
    for (const pile of piles.values()) fragments.push(fragmentOf(replica, pile));
  }
  return fragments;
}
