import { OrderedEmitter } from "../emitter/ordered-emitter.ts";
import type { Meta, State } from "../payload.ts";
import { diffOf } from "../tracker/events/diff.ts";
import { TRACKER_EVENT_NAMES } from "../tracker/events/tracker-events.ts";
import { TrackerCore } from "../tracker/tracker-core.ts";
import { Fetcher } from "./fetcher.ts";
import { KeyWatch } from "./key-watch.ts";
import { type Presence, wrapPresenceParts } from "./presence.ts";
import type { PresenceEvents } from "./presence-events.ts";
import type { PresenceOptions } from "./presence-options.ts";
import { type ResolvedPresenceOptions, resolvePresenceOptions } from "./resolve-presence-options.ts";
import { TopicFeeds } from "./topic-feeds.ts";

/**
 * Creates a presence and joins it to its cluster: all presences and trackers with the same `clusterName` on the same
 * transport. Resolves when the transport is subscribed, and rejects with the transport's own error. The types of metas and
 * of what readers get follow from `meta` and `fetch`.
 *
 * @throws {InvalidArgumentError} for an option of the wrong kind or out of its bounds; it is a `TypeError`.
 * @throws {LimitError} when `maxMessageBytes` of the pub/sub is below 2 560.
 * @example
 * const presence = await createPresence({ pubsub: memoryPubSub(), fetch: countOnly("readers") });
 */
export async function createPresence<M extends object = Meta, P extends object = State<M>, I = M>(
  options: PresenceOptions<M, P, I>,
): Promise<Presence<M, P, I>> {
  const { presence, core } = assemblePresence(options);
  await core.subscribe();
  core.start();
  return presence;
}

/** A presence and its core, neither subscribed nor started. */
export function assemblePresence<M extends object, P extends object, I = M>(
  given: PresenceOptions<M, P, I>,
): { readonly presence: Presence<M, P, I>; readonly core: TrackerCore<M> } {
  const options = resolvePresenceOptions(given);
  const emitter = new OrderedEmitter<PresenceEvents<P>>(TRACKER_EVENT_NAMES);
  const core: TrackerCore<M> = new TrackerCore(options.tracker, {
    emitter,
    // Named "diff", so that `isQueued("diff")` knows of the diffs that readers already see and listeners do not.
    queueDiff: (change, cause) =>
      emitter.enqueueCall(() => {
        const diff = diffOf<M>(change);
        keyWatch?.onDiff(diff, cause);
        feeds.onDiff(diff);
      }, "diff"),
  });
  const fetcher = new Fetcher(options);
  const feeds = new TopicFeeds({ options, core, emitter, fetcher });
  const keyWatch = createKeyWatch(options, core, emitter);
  const presence = wrapPresenceParts<M, P, I>({ options, core, emitter, fetcher, feeds });
  return { presence, core };
}

function createKeyWatch<M extends object, P extends object>(
  { onKeyJoin, onKeyLeave }: ResolvedPresenceOptions<M, P>,
  core: TrackerCore<M>,
  emitter: OrderedEmitter<PresenceEvents<P>>,
): KeyWatch<M> | undefined {
  if (onKeyJoin === undefined && onKeyLeave === undefined) return undefined;
  return new KeyWatch({
    onKeyJoin,
    onKeyLeave,
    count: (topic, key) => core.count(topic, key),
    hasQueuedDiff: () => emitter.isQueued("diff"),
    call: (listener, ...parameters) =>
      emitter.enqueueNextCall(() => emitter.callListener(listener, ...parameters)),
  });
}
