import type { Meta, MutableState, State } from "../payload.ts";
import type { Cause } from "../tracker/events/tracker-events.ts";
import type { TrackerOptions } from "../tracker/options/tracker-options.ts";

/**
 * A projection: turns presences by key into what readers see, synchronously or by a promise. It may add data or leave data
 * out. It gets all presences of a topic, or one key of it, or the joins or the leaves of a diff, which may be empty. It may
 * change the object that it gets, but not the metas in it, which are frozen.
 *
 * @example
 * const withNames: Fetch = async (topic, presences) => {
 *   const names = await db.namesOf(Object.keys(presences));
 *   return Object.fromEntries(Object.entries(presences).map(([id, { metas }]) => [id, { metas, name: names.get(id) }]));
 * };
 */
export type Fetch<M extends object = Meta, P extends object = State<M>> = (
  topic: string,
  presences: MutableState<M>,
) => P | PromiseLike<P>;

/**
 * A listener for keys that join or leave a topic.
 *
 * @example
 * const writeLastSeen: KeyListener = (topic, key, cause) => {
 *   if (cause === "local") return db.lastSeen(key, new Date());
 * };
 */
export type KeyListener = (topic: string, key: string, cause: Cause) => unknown;

/**
 * The options of a presence: those of a tracker, and what readers see. `createPresence` checks them.
 *
 * @example
 * const options: PresenceOptions = { pubsub: memoryPubSub(), diffWindowMs: 100 };
 */
export interface PresenceOptions<M extends object = Meta, P extends object = State<M>, I = M>
  extends TrackerOptions<M, I> {
  /**
   * Projects presences for `list`, `getByKey`, `diff` and subscribers. Only `presencesOf` returns metas without it. While it
   * fails, subscribers and `diff` get nothing in its place.
   *
   * @defaultValue the presences themselves
   */
  fetch?: Fetch<NoInfer<M>, P>;

  /**
   * What replicates to the other nodes: the presences, or only how many there are of each topic and key. With `"counts"` no
   * owner, meta or `phx_ref` leaves this process, and a change costs the cluster the same however many presences there are. It
   * needs `fetch: countOnly(…)`, and only those keys can be tracked. All nodes of a `clusterName` need the same value.
   *
   * @defaultValue `"presences"`
   */
  replicate?: "presences" | "counts";

  /**
   * The timeout of `fetch`, in ms. After it the call has failed, and a late result is ignored.
   *
   * @defaultValue 5 000
   */
  fetchTimeoutMs?: number;

  /**
   * How long the changes of a topic collect into one diff, in ms from the first change. A window of 100 ms saves traffic in
   * busy topics. With 0 every change is a diff of its own.
   *
   * @defaultValue 0
   */
  diffWindowMs?: number;

  /**
   * Called when a key gets its first presence in a topic, as seen by this node. It is called on every node: act only on the
   * cause `"local"` if one node of the cluster should act.
   *
   * @defaultValue no listener
   */
  onKeyJoin?: KeyListener;

  /**
   * Called when a key loses its last presence in a topic, as seen by this node, but not by `close()`. It is called on every
   * node: act only on the cause `"local"` if one node of the cluster should act. The cause `"replica"` may only mean that a
   * node is down, and its users may be connected still.
   *
   * @defaultValue no listener
   */
  onKeyLeave?: KeyListener;
}
