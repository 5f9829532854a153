import type { Meta, State } from "../payload.ts";
import { Presence } from "./presence.ts";
import type { PresenceOptions } from "./presence-options.ts";

/**
 * Makes a presence, and joins it to its cluster: all presences and trackers of one `clusterName` on one transport.
 * Resolves when the transport is subscribed, and rejects with its error. The types of metas and of what readers get follow
 * from `meta` and `fetch`.
 *
 * @throws {InvalidArgumentError} for an option of the wrong kind or out of its bounds; it is a `TypeError`.
 * @throws {LimitError} when `maxMessageBytes` of the pub/sub is below 2 560.
 * @example
 * const presence = await createPresence({ pubsub: memoryPubSub(), fetch: countOnly("readers") });
 */
export async function createPresence<M extends object = Meta, P extends object = State<M>>(
  options: PresenceOptions<M, P>,
): Promise<Presence<M, P>> {
  const presence = new Presence(options);
  await presence.tracker.subscribe();
  presence.tracker.begin();
  return presence;
}
