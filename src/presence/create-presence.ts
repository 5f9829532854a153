import { OrderedEmitter } from "../emitter/ordered-emitter.ts";
import type { Meta, State } from "../payload.ts";
import { type CountChange, countChangesOf } from "../tracker/events/count-changes.ts";
import { diffOf } from "../tracker/events/diff.ts";
import { type Cause, TRACKER_EVENT_NAMES } from "../tracker/events/tracker-events.ts";
import { type CountsContext, TrackerCore, type TrackerCoreContext } from "../tracker/tracker-core.ts";
import { countedKeysOf } from "./count-only.ts";
import { CountProjector } from "./count-projector.ts";
import { FetchProjector } from "./fetch-projector.ts";
import { Fetcher } from "./fetcher.ts";
import { KeyWatch } from "./key-watch.ts";
import { type Presence, wrapPresenceParts } from "./presence.ts";
import type { PresenceEvents } from "./presence-events.ts";
import type { PresenceOptions } from "./presence-options.ts";
import type { TopicReader } from "./projector.ts";
import { type ResolvedPresenceOptions, resolvePresenceOptions } from "./resolve-presence-options.ts";
import { type Feeds, TopicFeeds } from "./topic-feeds.ts";

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
  const keys = countedKeysOf(options.fetch);
  // Named "diff", so that `isQueued("diff")` knows of the diffs that readers already see and listeners do not.
  const queue = (call: () => void): void => emitter.enqueueCall(call, "diff");
  const core: TrackerCore<M> = new TrackerCore(options.tracker, {
    emitter,
    queueDiff: (change, cause) => queue(() => shown.onChange(change, cause)),
    ...(options.replicate === "counts" && {
      counts: {
        keys: keys!,
        queueChanges: (changes, cause) => queue(() => shown.onCounts?.(changes, cause)),
      },
    }),
  });
  const parts = { options, core, emitter, keyWatch: createKeyWatch(options, core, emitter) };
  const shown = keys === undefined ? showPresences(parts) : showCounts(parts, keys);
  const { reader, feeds } = shown;
  const presence = wrapPresenceParts<M, P, I>({ options, core, emitter, reader, feeds });
  return { presence, core };
}

interface Parts<M extends object, P extends object> {
  readonly options: ResolvedPresenceOptions<M, P>;
  readonly core: TrackerCore<M>;
  readonly emitter: OrderedEmitter<PresenceEvents<P>>;
  readonly keyWatch: KeyWatch | undefined;
}

/** What readers read and follow, and the functions that bring it the changes of the tracker. */
interface Shown<P extends object> {
  readonly reader: TopicReader<P>;
  readonly feeds: Feeds<P>;
  readonly onChange: TrackerCoreContext["queueDiff"];
  /** Only counts can be replicated alone. */
  readonly onCounts?: CountsContext["queueChanges"];
}

/** Shows presences, as `fetch` projects them. */
function showPresences<M extends object, P extends object>(parts: Parts<M, P>): Shown<P> {
  const { options, core, emitter, keyWatch } = parts;
  const projector = new FetchProjector(core, new Fetcher(options));
  const feeds = new TopicFeeds({ options, emitter, projector });
  return {
    reader: projector,
    feeds,
    onChange(change, cause) {
      keyWatch?.onChanges(countChangesOf(change), cause);
      feeds.onDiff(diffOf<M>(change));
    },
  };
}

/** Shows the numbers of presences of these keys. It makes no metas. */
function showCounts<M extends object, P extends object>(
  { options, core, emitter, keyWatch }: Parts<M, P>,
  keys: ReadonlySet<string>,
): Shown<P> {
  const projector = new CountProjector<P>(keys, (topic, key) => core.count(topic, key));
  const feeds = new TopicFeeds({ options, emitter, projector });
  const hasReaders = (topic: string) => feeds.hasReaders(topic);
  const onCounts = (changes: readonly CountChange[], cause: Cause): void => {
    keyWatch?.onChanges(changes, cause);
    feeds.onDiff(projector.netChanges(changes, hasReaders));
  };
  return {
    reader: projector,
    feeds,
    onChange: (change, cause) => onCounts(countChangesOf(change), cause),
    onCounts,
  };
}

function createKeyWatch<M extends object, P extends object>(
  { onKeyJoin, onKeyLeave }: ResolvedPresenceOptions<M, P>,
  core: TrackerCore<M>,
  emitter: OrderedEmitter<PresenceEvents<P>>,
): KeyWatch | undefined {
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
