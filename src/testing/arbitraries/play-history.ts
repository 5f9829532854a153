import type { Fragment, Operation } from "../../crdt/fragment.ts";
import { Intervals } from "../../crdt/intervals.ts";
import { PresenceSet } from "../../crdt/presence-set.ts";
import { type HistoryEvent, REPLICAS } from "./histories.ts";

/** The result of a history. */
export interface PlayedHistory {
  /** The replicas by name. Each knows only itself. */
  readonly sets: ReadonlyMap<string, PresenceSet>;
  /** The operations that the replicas sent, in order. At the end each replica sends the rest. */
  readonly deltas: readonly { readonly replica: string; readonly operations: readonly Operation[] }[];
  /** The full states that replicas sent in between. */
  readonly served: readonly Fragment[];
  /** The events as they took effect: a join of a presence that exists became an update, for example. */
  readonly happened: readonly PlayedEvent[];
}

/** An event as it took effect. `leaveAll` uses the owner only, `send` and `serve` use the replica only. */
export type PlayedEvent = Omit<HistoryEvent, "pick">;

interface LocalPresence {
  readonly owner: number;
  readonly topic: string;
  readonly key: string;
}

/** Plays a history at its four replicas. */
export function playHistory(history: readonly HistoryEvent[], logLimit?: number): PlayedHistory {
  const options = logLimit === undefined ? {} : { logLimit };
  const sets = new Map(REPLICAS.map((replica) => [replica, new PresenceSet({ replica, ...options })]));
  const presences = new Map(REPLICAS.map((replica) => [replica, [] as LocalPresence[]]));
  const deltas: { replica: string; operations: Operation[] }[] = [];
  const served: Fragment[] = [];
  const happened: PlayedEvent[] = [];
  const send = (replica: string) => deltas.push({ replica, operations: sets.get(replica)!.takeOperations() });
  for (const event of history) {
    const set = sets.get(event.replica)!;
    const played = resolveEvent(event, presences.get(event.replica)!);
    if (played.kind === "send") send(played.replica);
    else if (played.kind === "serve") served.push(set.catchUp(played.replica, Intervals.empty())!);
    else presences.set(played.replica, applyEvent(set, played, presences.get(played.replica)!));
    happened.push(played);
  }
  for (const replica of REPLICAS) send(replica);
  return { sets, deltas, served, happened };
}

/** Replaces an event that cannot happen by one that can, and names the presence that it is about. */
function resolveEvent(event: HistoryEvent, present: readonly LocalPresence[]): PlayedEvent {
  const { pick, ...named } = event;
  if (event.kind === "send" || event.kind === "serve") return named;
  const picked = present[pick % Math.max(1, present.length)];
  if (event.kind !== "join" && picked !== undefined) return { ...named, ...picked };
  const isPresent = present.some((presence) => isSame(presence, event));
  return { ...named, kind: isPresent ? "update" : "join" };
}

/** Applies an event to the set, and returns the presences that exist after it, the latest last. */
function applyEvent(
  set: PresenceSet,
  { kind, owner, topic, key, meta }: PlayedEvent,
  present: readonly LocalPresence[],
): LocalPresence[] {
  if (kind === "leaveAll") {
    set.leaveAll(owner);
    return present.filter((presence) => presence.owner !== owner);
  }
  const changed = { owner, topic, key };
  const others = present.filter((presence) => !isSame(presence, changed));
  if (kind === "leave") {
    set.leave(owner, topic, key);
    return others;
  }
  if (kind === "join") set.join(owner, topic, key, meta);
  else set.update(owner, topic, key, meta);
  return [...others, changed];
}

function isSame(one: LocalPresence, other: LocalPresence): boolean {
  return one.owner === other.owner && one.topic === other.topic && one.key === other.key;
}
