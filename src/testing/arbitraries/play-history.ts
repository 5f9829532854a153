import { ReplicaModel } from "../../../test/support/replica-model.ts";
import type { Fragment, Operation } from "../../crdt/fragment.ts";
import { Intervals } from "../../crdt/intervals.ts";
import { PresenceSet } from "../../crdt/presence-set.ts";
import { type HistoryEvent, REPLICAS } from "./histories.ts";

/**
 * What came of a history.
 *
 * @example
 * const { sets, truths }: Story = play(history);
 */
export interface PlayedHistory {
  /** The replicas by name, each of which knows only itself. */
  readonly sets: ReadonlyMap<string, PresenceSet>;
  /** Beside each replica the model that says who must be there. */
  readonly truths: ReadonlyMap<string, ReplicaModel>;
  /** What they sent, in order; at the end everybody sends the rest. */
  readonly deltas: readonly { readonly replica: string; readonly steps: readonly Operation[] }[];
  /** What they served in between. */
  readonly served: readonly Fragment[];
  /** What really happened, event by event. */
  readonly happened: readonly HistoryEvent["kind"][];
}

/**
 * Plays a history at its four replicas, with a model beside each that shares no code with the set.
 *
 * @example
 * const { sets } = play(history);
 * sets.get("tokyo")!.list("lobby");
 */
export function playHistory(history: readonly HistoryEvent[], logLimit?: number): PlayedHistory {
  const options = logLimit === undefined ? {} : { logLimit };
  const sets = new Map(REPLICAS.map((replica) => [replica, new PresenceSet({ replica, ...options })]));
  const truths = new Map(REPLICAS.map((replica) => [replica, new ReplicaModel(replica)]));
  const deltas: { replica: string; steps: Operation[] }[] = [];
  const served: Fragment[] = [];
  const happened: HistoryEvent["kind"][] = [];
  const send = (replica: string) => deltas.push({ replica, steps: sets.get(replica)!.takeOperations() });
  for (const event of history) {
    const set = sets.get(event.replica)!;
    if (event.kind === "send") send(event.replica);
    if (event.kind === "serve") served.push(set.catchUp(event.replica, Intervals.empty())!);
    const isLocal = event.kind !== "send" && event.kind !== "serve";
    happened.push(isLocal ? happen(set, truths.get(event.replica)!, event) : event.kind);
  }
  for (const replica of REPLICAS) send(replica);
  return { sets, truths, deltas, served, happened };
}

/** Returns what really happened. */
function happen(
  set: PresenceSet,
  truth: ReplicaModel,
  { kind, owner, topic, key, meta, pick }: HistoryEvent,
): HistoryEvent["kind"] {
  const standing = truth.present();
  const picked = standing[pick % Math.max(1, standing.length)];
  if (picked === undefined || kind === "join") {
    const held = truth.find(owner, topic, key);
    if (held !== undefined)
      return happen(set, truth, {
        kind: "update",
        owner,
        topic,
        key,
        meta,
        pick: standing.indexOf(held),
        replica: set.replica,
      });
    set.join(owner, topic, key, meta);
    truth.join(owner, topic, key, meta);
    return "join";
  }
  if (kind === "update") {
    set.update(picked.owner, picked.topic, picked.key, meta);
    truth.update(picked, meta);
  } else if (kind === "leave") {
    set.leave(picked.owner, picked.topic, picked.key);
    truth.leave(picked);
  } else {
    set.leaveAll(picked.owner);
    for (const presence of standing.filter((one) => one.owner === picked.owner)) truth.leave(presence);
  }
  return kind;
}
