import cluster from "node:cluster";
import { isMainThread } from "node:worker_threads";
import { assertNoUnknownOptions, assertOptionsObject } from "../checks/check-argument.ts";
import { TransportError } from "../errors.ts";
import { assertSubscribeTimeout } from "./internal/check-driver-options.ts";
import { clusterRelay } from "./internal/cluster-relay.ts";
import { clusterWorker } from "./internal/cluster-worker.ts";
import { TopicListeners } from "./internal/topic-listeners.ts";
import type { PubSub } from "./pubsub.ts";

/**
 * What `clusterPubSub` is made with.
 *
 * @example
 * const options: ClusterPubSubOptions = { subscribeTimeoutMs: 5_000 };
 */
export interface ClusterPubSubOptions {
  /**
   * How long a worker waits for the primary to answer, in ms, before `subscribe` rejects: long enough for a primary
   * that is busy starting others.
   * @defaultValue 10 000
   */
  readonly subscribeTimeoutMs?: number;
}

/**
 * For the processes of `node:cluster`. Call it in the workers, for their trackers, and in the primary, where it carries
 * messages between them over the channels that node:cluster has opened, and is a pub/sub like any other. In a process
 * without workers it is one for this process alone.
 *
 * A message goes to just those workers that listen to its topic. One that is gone, or does not read, holds up
 * nobody: beyond 16 MiB that wait for it, it misses messages.
 *
 * @throws {TransportError} in a worker thread, which has no channel to the primary.
 * @example
 * if (cluster.isPrimary) {
 *   clusterPubSub();
 *   for (const _ of cpus()) cluster.fork();
 * } else {
 *   const tracker = await createTracker({ pubsub: clusterPubSub() });
 * }
 */
export function clusterPubSub(options: ClusterPubSubOptions = {}): PubSub {
  assertOptionsObject(options);
  const { subscribeTimeoutMs = 10_000, ...unknown } = options;
  assertNoUnknownOptions(unknown, { subscribeTimeoutMs });
  assertSubscribeTimeout(subscribeTimeoutMs);
  if (!isMainThread) {
    throw new TransportError(
      "clusterPubSub() was called in a worker thread, which can't reach the primary of node:cluster. Call it in the " +
        "main thread of each process, or use broadcastChannelPubSub() between threads.",
    );
  }
  const end = cluster.isPrimary ? clusterPrimary() : clusterWorker(subscribeTimeoutMs);
  // The primary parses and writes each message for all: larger ones would hold up everybody's.
  return { maxMessageBytes: 262_144, ...end };
}

function clusterPrimary(): PubSub {
  const listeners = new TopicListeners();
  clusterRelay.join(listeners);
  return {
    subscribe: (topic, listener) => void listeners.add(topic, listener),
    unsubscribe: (topic, listener) => void listeners.remove(topic, listener),
    publish(topic, bytes) {
      listeners.assertCanPublish(bytes);
      clusterRelay.publish(topic, bytes);
    },
    async close() {
      if (listeners.close()) clusterRelay.leave(listeners);
    },
  };
}
