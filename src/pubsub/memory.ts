import { TopicListeners } from "./internal/topic-listeners.ts";
import type { PubSub } from "./pubsub.ts";

/**
 * A bus within one process, for the trackers that are given this same object: a server of one process, and tests.
 * Messages arrive in the order in which they were published, each in a microtask of its own; none is lost. On a second
 * process it reaches nobody: take another driver there.
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
      // A copy, as over any network: the publisher may use its buffer again. One for all listeners, who only read it.
      const message = new Uint8Array(bytes);
      queueMicrotask(() => listeners.deliver(topic, message));
    },
    async close() {
      listeners.close();
    },
  };
}
