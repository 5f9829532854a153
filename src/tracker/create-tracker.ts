import { OrderedEmitter } from "../emitter/ordered-emitter.ts";
import type { Meta } from "../payload.ts";
import { CODECS, type Codecs } from "../wire/codec.ts";
import { diffOf } from "./events/diff.ts";
import { TRACKER_EVENT_NAMES, type TrackerEvents } from "./events/tracker-events.ts";
import type { TrackerOptions } from "./options/tracker-options.ts";
import { type Tracker, wrapCore } from "./tracker.ts";
import { TrackerCore } from "./tracker-core.ts";

/**
 * Creates a tracker and joins it to its cluster: all trackers with the same `clusterName` on the same transport. Resolves when
 * the transport is subscribed, and rejects with the transport's own error.
 *
 * @throws {InvalidArgumentError} for an option of the wrong kind or out of its bounds; it is a `TypeError`.
 * @throws {LimitError} when `maxMessageBytes` of the pub/sub is below 2 560.
 * @example
 * const tracker = await createTracker({ pubsub: memoryPubSub() });
 */
export async function createTracker<M extends object = Meta, I = M>(
  options: TrackerOptions<M, I>,
): Promise<Tracker<M, I>> {
  const { tracker, core } = assembleTracker(options);
  await core.subscribe();
  core.start();
  return tracker;
}

/** A tracker and its core, neither subscribed nor started. `codecs` are the protocol versions to speak, newest first. */
export function assembleTracker<M extends object = Meta, I = M>(
  options: TrackerOptions<M, I>,
  codecs: Codecs = CODECS,
): { readonly tracker: Tracker<M, I>; readonly core: TrackerCore<M> } {
  const emitter = new OrderedEmitter<TrackerEvents<M>>(TRACKER_EVENT_NAMES);
  const core = new TrackerCore<M>(options, {
    emitter,
    queueDiff: (change, cause) => emitter.enqueue("diff", () => [diffOf<M>(change), cause]),
    codecs,
  });
  return { tracker: wrapCore(core, emitter), core };
}
