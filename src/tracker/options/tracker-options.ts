import type { Meta } from "../../payload.ts";
import type { PubSub } from "../../pubsub/pubsub.ts";
import type { Clock } from "../../time/clock.ts";
import type { MetaSchema } from "../meta/standard-schema.ts";

/**
 * The options of a tracker. `createTracker` checks them. Times are at most 2 ** 30 ms, as longer ones overflow Node's timers.
 *
 * @example
 * const options: TrackerOptions = { pubsub: memoryPubSub(), clusterName: "shop", leaveDelayMs: 2_000 };
 */
export interface TrackerOptions<M extends object = Meta, I = M> {
  /**
   * The transport between the nodes. It is required, so that a cluster never runs without one by mistake.
   *
   * @example memoryPubSub() // for a single process
   */
  pubsub: PubSub;

  /**
   * Checks every meta at `track` and `update` and gives metas their type: any Standard Schema, or `metaOf<M>()` for the
   * type alone.
   *
   * @defaultValue any plain JSON object
   */
  meta?: MetaSchema<M, I>;

  /**
   * The name of the cluster. Nodes with the same name share their presences. Every topic on the transport starts with it, so
   * several clusters can share a broker. It has 1 to 40 letters, digits, `_`, `.` and `-`.
   *
   * @defaultValue `"rollcall"`
   */
  clusterName?: string;

  /**
   * Signs all messages, so that only nodes with the same secret can speak to this one: a string of at least 16 characters, or an
   * array of such strings, of which the first signs and all are accepted. A node without a secret reads signed messages too.
   * `docs/secret.md` describes how to introduce and to replace a secret without losing messages.
   *
   * @defaultValue none: messages have a checksum only, and anyone who can publish on the transport can speak for a node
   * @example process.env.ROLLCALL_SECRET
   */
  secret?: string | readonly string[];

  /**
   * Whether to accept messages that are not signed, although there is a `secret`. Set it for the deploy that introduces the secret,
   * and remove it with the next. Without a `secret` it is refused.
   *
   * @defaultValue `false`
   */
  acceptUnsigned?: boolean;

  /**
   * The name of this replica, in 1 to 200 bytes. With a name that survives a restart, such as that of the pod or of host and
   * port, the new incarnation replaces the old one at once. Two running nodes must not share a name.
   *
   * @defaultValue a new random name
   */
  replicaName?: string;

  /**
   * The interval of heartbeats, repairs and the failure detector, in ms. Changes do not wait for it.
   *
   * @defaultValue 1 500, as in Phoenix
   */
  broadcastPeriodMs?: number;

  /**
   * How many periods an idle replica skips between heartbeats. A higher number saves traffic, but the cluster notices a lost
   * node later.
   *
   * @defaultValue 2 (Phoenix: 10, with which one lost heartbeat takes a healthy node down)
   */
  maxSilentPeriods?: number;

  /**
   * How long a replica may be silent before it counts as down and its presences leave, in ms. It must be at least four idle
   * heartbeat intervals of (`maxSilentPeriods` + 1) × `broadcastPeriodMs`, so that a few lost messages do no harm.
   *
   * @defaultValue 20 × `broadcastPeriodMs`
   */
  downPeriodMs?: number;

  /**
   * How long a replica may be silent before the node forgets it, in ms. It must be above `downPeriodMs`. A replica that is heard
   * again before that transfers only what is missing.
   *
   * @defaultValue 1 200 000, as in Phoenix, or twice `downPeriodMs` if that is longer
   */
  permdownPeriodMs?: number;

  /**
   * How long a local change waits for further changes to share its message, in ms. Jitter adds up to the same time again. With
   * 0 the changes of one turn of the event loop share a message.
   *
   * @defaultValue 10
   */
  flushDelayMs?: number;

  /**
   * How long the presences of an ended owner stay before they leave, in ms, so that a page reload shows neither a leave nor a
   * join. A channel of `rollcall/phoenix` that its client left on purpose is not waited for.
   *
   * @defaultValue 0
   */
  leaveDelayMs?: number;

  /**
   * How long this node keeps the presences of another node after that has left, in ms, whatever the other node asks for. A stranger
   * on the transport could ask for years. It must be at least the longest `leaveDelayMs` of the cluster.
   *
   * @defaultValue 60 000, or `leaveDelayMs` if that is longer
   */
  maxPeerLeaveDelayMs?: number;

  /**
   * How many other replicas this node keeps, or `Infinity`. A stranger on the transport could invent any number of them. Beyond the
   * limit, the node forgets replicas that are down or sent a single message only, ignores new ones if all others are alive, and emits one
   * `warning` with code `TOO_MANY_REPLICAS`. It never drops a replica that is alive.
   *
   * @defaultValue 1 000
   */
  maxReplicas?: number;

  /**
   * The largest meta, in bytes of its JSON. Every node keeps every meta, so track an id, not a profile.
   *
   * @defaultValue 4 096
   */
  maxMetaBytes?: number;

  /**
   * The longest topic, in bytes of UTF-8. Topics often come from clients.
   *
   * @defaultValue 255
   */
  maxTopicBytes?: number;

  /**
   * The longest key, in bytes of UTF-8.
   *
   * @defaultValue 255
   */
  maxKeyBytes?: number;

  /**
   * How many presences one owner may hold. It bounds what one connection can add to the cluster: all channels of one Phoenix socket
   * count together, although each of them is an owner.
   *
   * @defaultValue `Infinity`
   */
  maxPerOwner?: number;

  /**
   * How many times per second one owner may change its presences. It may make as many changes at once. `update` is a change, and so
   * is `untrack`; a further presence is not. Above the limit, `update` and `track` throw a `LimitError` and change
   * nothing; `untrack` and the end of an owner are never refused. All channels of one Phoenix socket count together. Time in which the
   * event loop stands still does not count.
   *
   * A string may stand for a server that acts for many users: raise the limit then, or use a string for each user.
   *
   * @defaultValue 300, as many as `maxMessagesPerSecond` of an endpoint lets a client send; people change far less
   */
  maxPresenceChangesPerSecond?: number;

  /**
   * How many presences one key may have in one topic, such as the tabs and devices of a user, as seen by this node at `track`.
   *
   * @defaultValue `Infinity`
   */
  maxPerKey?: number;

  /**
   * How many presences one topic may have, as seen by this node at `track`. A node never refuses joins of other nodes.
   *
   * @defaultValue `Infinity`
   */
  maxPerTopic?: number;

  /**
   * The source of time and timers.
   *
   * @defaultValue `systemClock`
   */
  clock?: Clock;

  /**
   * Returns numbers from 0 to below 1. All random choices use it, the replica's id included, so a seed replays a tracker.
   *
   * @defaultValue `Math.random`
   */
  random?: () => number;
}

/** The options with every default. Without a `replicaName` the tracker uses its random id. */
export interface ResolvedTrackerOptions<M extends object = Meta>
  extends Required<Omit<TrackerOptions<M>, "meta" | "replicaName" | "secret">> {
  meta: MetaSchema<M, unknown> | undefined;
  replicaName: string | undefined;
  secret: string | readonly string[] | undefined;
}
