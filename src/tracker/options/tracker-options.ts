import type { Meta } from "../../payload.ts";
import type { PubSub } from "../../pubsub/pubsub.ts";
import type { Clock } from "../../time/clock.ts";
import type { MetaSchema } from "../meta/standard-schema.ts";

/**
 * What a tracker is made with. Checked once, when it is created; times are at most 2 ** 30 ms, as longer ones overflow
 * Node's timers.
 *
 * @example
 * const options: TrackerOptions = { pubsub: memoryPubSub(), clusterName: "shop", leaveDelayMs: 2_000 };
 */
export interface TrackerOptions<M extends object = Meta> {
  /**
   * What carries messages between the replicas. Required: without one, the second machine would see nobody on the
   * first, and nothing would say so.
   *
   * @example memoryPubSub() // for a single process
   */
  pubsub: PubSub;

  /**
   * Checks every meta at `track` and `update`, and gives them their type: any Standard Schema, or `metaOf<M>()` for
   * the type alone.
   *
   * @defaultValue any plain JSON object
   */
  meta?: MetaSchema<M>;

  /**
   * Replicas of one name share their presences. It starts every topic on the transport, so that several clusters can
   * share a broker: 1 to 40 letters, digits, `_`, `.` and `-`.
   *
   * @defaultValue `"rollcall"`
   */
  clusterName?: string;

  /**
   * What this replica is called, in 1 to 200 bytes. Give one that survives a restart (of the pod, of host and port) and
   * the new start takes over from the old one at once; no two that run may share it.
   *
   * @defaultValue a fresh random name, which cannot meet itself
   */
  replicaName?: string;

  /**
   * The rhythm of all but local changes, in ms: heartbeats, repairs, looking for silent replicas.
   *
   * @defaultValue 1 500, as in Phoenix
   */
  broadcastPeriodMs?: number;

  /**
   * How many periods a replica with nothing to say stays silent between heartbeats. More costs less and notices a lost
   * node later.
   *
   * @defaultValue 2 (Phoenix: 10, where one lost heartbeat takes a healthy node down)
   */
  maxSilentPeriods?: number;

  /**
   * Silence after which a replica counts as down and its presences leave, in ms. At least four idle heartbeat intervals,
   * each (`maxSilentPeriods` + 1) × `broadcastPeriodMs`, so that a few lost messages do no harm.
   *
   * @defaultValue 20 × `broadcastPeriodMs`
   */
  downPeriodMs?: number;

  /**
   * Silence after which all of a replica is forgotten, in ms. Above `downPeriodMs`: until then, one that is heard again
   * costs only what it missed.
   *
   * @defaultValue 1 200 000, as in Phoenix
   */
  permdownPeriodMs?: number;

  /**
   * How long a local change waits for others to share its message, in ms; up to as much again is added by chance. 0
   * sends at once what one turn of the event loop brought.
   *
   * @defaultValue 10
   */
  flushDelayMs?: number;

  /**
   * How long the presences of an owner that ended wait before they leave, in ms, so that a reload does not show as a
   * leave and a join.
   *
   * @defaultValue 0
   */
  leaveDelayMs?: number;

  /**
   * The most a meta may take, in bytes of its JSON. Every node keeps every meta: put an id into it, not a profile.
   *
   * @defaultValue 4 096
   */
  maxMetaBytes?: number;

  /**
   * The most a topic may take, in bytes of UTF-8: topics often come from clients.
   *
   * @defaultValue 255
   */
  maxTopicBytes?: number;

  /**
   * The most a key may take, in bytes of UTF-8.
   *
   * @defaultValue 255
   */
  maxKeyBytes?: number;

  /**
   * How many presences one owner may hold: what one connection can make the cluster keep.
   *
   * @defaultValue `Infinity`
   */
  maxPerOwner?: number;

  /**
   * How many presences one key may have in one topic, as seen by this node at `track`: a user's tabs and devices.
   *
   * @defaultValue `Infinity`
   */
  maxPerKey?: number;

  /**
   * How many presences one topic may have, as seen by this node at `track`. Joins of other nodes are never refused.
   *
   * @defaultValue `Infinity`
   */
  maxPerTopic?: number;

  /**
   * Where time and timers come from.
   *
   * @defaultValue `systemClock`
   */
  clock?: Clock;

  /**
   * Gives numbers from 0 to below 1. All chance comes from it, the replica's id too: one seed replays a tracker.
   *
   * @defaultValue `Math.random`
   */
  random?: () => number;
}

/** Options with every default in place. Without a `replicaName` the tracker makes one up. */
export interface ResolvedTrackerOptions<M extends object = Meta>
  extends Required<Omit<TrackerOptions<M>, "meta" | "replicaName">> {
  meta: MetaSchema<M> | undefined;
  replicaName: string | undefined;
}
