import type { HistoryEvent } from "../../src/testing/arbitraries/histories.ts";
import {
  type PlayedEvent,
  type PlayedHistory,
  playHistory as playInSets,
} from "../../src/testing/arbitraries/play-history.ts";
import { historyTally } from "./history-tally.ts";
import { ReplicaModel } from "./replica-model.ts";

/** The result of a history, with a model of each replica. */
export interface ModelledHistory extends PlayedHistory {
  readonly models: ReadonlyMap<string, ReplicaModel>;
}

/** Plays a history in the sets and in models of them, and counts its events in `historyTally`. */
export function playHistory(history: readonly HistoryEvent[], logLimit?: number): ModelledHistory {
  const played = playInSets(history, logLimit);
  const models = new Map(Array.from(played.sets.keys(), (replica) => [replica, new ReplicaModel(replica)]));
  historyTally.length(history.length);
  for (const event of played.happened) {
    applyToModel(models.get(event.replica)!, event);
    historyTally.event(event.kind);
  }
  return { ...played, models };
}

function applyToModel(model: ReplicaModel, { kind, owner, topic, key, meta }: PlayedEvent): void {
  if (kind === "join") model.join(owner, topic, key, meta);
  else if (kind === "update") model.update(model.find(owner, topic, key)!, meta);
  else if (kind === "leave") model.leave(model.find(owner, topic, key)!);
  else if (kind === "leaveAll") {
    for (const presence of model.present()) if (presence.owner === owner) model.leave(presence);
  }
}
