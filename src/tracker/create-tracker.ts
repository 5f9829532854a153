import type { Meta } from "../payload.ts";
import type { TrackerOptions } from "./options/tracker-options.ts";
import { Tracker } from "./tracker.ts";

/**
 * Makes a tracker, and joins it to its cluster: all trackers of one `clusterName` on one transport. Resolves when the transport
 * is subscribed, and rejects with its error.
 *
 * @throws {InvalidArgumentError} for an option of the wrong kind or out of its bounds; it is a `TypeError`.
 * @throws {LimitError} when `maxMessageBytes` of the pub/sub is below 2 560.
 * @example
 * const tracker = await createTracker({ pubsub: memoryPubSub() });
 */
export async function createTracker<M extends object = Meta>(
  options: TrackerOptions<M>,
): Promise<Tracker<M>> {
  const tracker = new Tracker(options);
  await tracker.subscribe();
  tracker.begin();
  return tracker;
}
