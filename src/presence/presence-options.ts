import type { Meta, State } from "../payload.ts";
import type { Cause } from "../tracker/events/tracker-events.ts";
import type { TrackerOptions } from "../tracker/options/tracker-options.ts";

/**
 * Makes of presences by key what everybody outside sees: adds to them, or leaves out. At once or by a promise. Called with
 * all presences of a topic, with one key of it, and with the joins and the leaves of a diff, which may be empty.
 * What it is given is its own to change, the metas apart, which are frozen.
 *
 * @example
 * const withNames: Fetch = async (topic, presences) => {
 *   const names = await db.namesOf(Object.keys(presences));
 *   return Object.fromEntries(Object.entries(presences).map(([id, { metas }]) => [id, { metas, name: names.get(id) }]));
 * };
 */
export type Fetch<M extends object = Meta, P extends object = State<M>> = (
  topic: string,
  presences: State<M>,
) => P | PromiseLike<P>;

/**
 * Gets a key that has become present in a topic, or is gone from it.
 *
 * @example
 * const writeLastSeen: KeyListener = (topic, key, cause) => {
 *   if (cause === "local") return db.lastSeen(key, new Date());
 * };
 */
export type KeyListener = (topic: string, key: string, cause: Cause) => unknown;

/**
 * What a presence is made with: all that a tracker is made with, and what readers are shown. Checked once, when it is
 * created.
 *
 * @example
 * const options: PresenceOptions = { pubsub: memoryPubSub(), diffWindowMs: 100 };
 */
export interface PresenceOptions<M extends object = Meta, P extends object = State<M>>
  extends TrackerOptions<M> {
  /**
   * Makes of presences what `list`, `getByKey`, `diff` and subscribers get: the only way out for what is tracked. While it
   * fails, nothing is sent in its place.
   *
   * @defaultValue the presences themselves
   */
  fetch?: Fetch<NoInfer<M>, P>;

  /**
   * How long a promise of `fetch` may take, in ms. After that it has failed, and what it still brings is ignored.
   *
   * @defaultValue 5 000
   */
  fetchTimeoutMs?: number;

  /**
   * How long the changes of a topic are gathered into one diff, in ms from the first of them. Less traffic for busy
   * topics, where a tenth of a second is not noticed. 0 tells each change by itself.
   *
   * @defaultValue 0
   */
  diffWindowMs?: number;

  /**
   * Called when a key has become present, as far as this node sees. Act on the cause `"local"` where one node of all is to
   * act.
   *
   * @defaultValue nothing is called
   */
  onKeyJoin?: KeyListener;

  /**
   * Called when a key is gone, as far as this node sees; not by `close()`. Act on the cause `"local"` where one node of
   * all is to act: a node that is hidden has left nobody.
   *
   * @defaultValue nothing is called
   */
  onKeyLeave?: KeyListener;
}
