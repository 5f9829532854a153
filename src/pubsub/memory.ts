import { TopicListeners } from "./internal/topic-listeners.ts";
import type { PubSub } from "./pubsub.ts";

/**
 * A pub/sub within one process, for tests and for servers that run as a single process. It connects the trackers that
 * share the returned object. Each message arrives in its own microtask, in publishing order, and no message is lost. It
 * does not reach other processes: use another driver if you run more than one.
 *
 * @example
 * const pubsub = memoryPubSub();
 * const tokyo = await createTracker({ pubsub });
 * const paris = await createTracker({ pubsub });
 */
export function memoryPubSub(): PubSub {
  const listeners = new TopicListeners();
  return {
    subscribe: (topic, listener) => void listeners.add(topic, listener),
    unsubscribe: (topic, listener) => void listeners.remove(topic, listener),
    publish(topic, bytes) {
      listeners.assertCanPublish(bytes);
      // Copied, because the publisher may reuse its buffer. Listeners only read, so they share the copy.
      const message = new Uint8Array(bytes);
      queueMicrotask(() => listeners.deliver(topic, message));
    },
    async close() {
      listeners.close();
    },
  };
}
