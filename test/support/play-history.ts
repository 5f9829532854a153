import type { HistoryEvent } from "../../src/testing/arbitraries/histories.ts";
import { play as playUntold, type Story } from "../../src/testing/arbitraries/play-history.ts";
import { tally } from "./history-tally.ts";

/** Plays a history, and keeps count of what was in it. */
export function play(history: readonly HistoryEvent[], logLimit?: number): Story {
  const story = playUntold(history, logLimit);
  tally.length(history.length);
  for (const kind of story.happened) tally.event(kind);
  return story;
}
