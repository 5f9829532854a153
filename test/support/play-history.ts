import type { HistoryEvent } from "../../src/testing/arbitraries/histories.ts";
import { type PlayedHistory, playHistory as playUntold } from "../../src/testing/arbitraries/play-history.ts";
import { historyTally } from "./history-tally.ts";

/** Plays a history, and keeps count of what was in it. */
export function playHistory(history: readonly HistoryEvent[], logLimit?: number): PlayedHistory {
  const story = playUntold(history, logLimit);
  historyTally.length(history.length);
  for (const kind of story.happened) historyTally.event(kind);
  return story;
}
