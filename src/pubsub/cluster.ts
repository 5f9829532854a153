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
 * Options of `clusterPubSub`.
 *
 * @example
 * const options: ClusterPubSubOptions = { subscribeTimeoutMs: 5_000 };
 */
export interface ClusterPubSubOptions {
  /**
   * How long a worker waits for the primary to answer, in ms, before `subscribe` rejects. The default is long
   * enough for a primary that is busy starting other workers.
   * @defaultValue 10 000
   */
  readonly subscribeTimeoutMs?: number;
}

/**
 * A pub/sub between the processes of `node:cluster`. Call it in the primary, which relays the messages over the IPC
 * channels of node:cluster, and in each worker. The primary may use its pub/sub for a tracker too. In a process without
 * workers the pub/sub works within that process.
 *
 * The primary sends a message only to the workers that subscribed to its topic. A worker that died or stopped reading
 * does not block the others: beyond 16 MiB of unread messages, it misses messages.
 *
 * @throws {TransportError} in a worker thread, which has no channel to the primary.
 * @throws {InvalidArgumentError} for an invalid or unknown option; it is a `TypeError`.
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
  const pubsub = cluster.isPrimary ? clusterPrimary() : clusterWorker(subscribeTimeoutMs);
  // The primary parses and writes every message, so a larger one would delay the messages of all workers.
  return { maxMessageBytes: 262_144, ...pubsub };
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
