import type { Listener, PubSub } from "../../pubsub/pubsub.ts";
import type { EventQueue } from "../event-queue.ts";

/** The broker of a simulation. It delivers every message at once; delays and losses come from the network around it. */
export class SimulatedBroker {
  readonly #queue: EventQueue;
  readonly #topics = new Map<string, Set<Listener>>();
  #watch: ((topic: string, bytes: Uint8Array) => void) | undefined;

  constructor(queue: EventQueue) {
    this.#queue = queue;
  }

  /** The number of subscriptions, to check that stopped processes leave none behind. */
  get subscriptionCount(): number {
    let count = 0;
    for (const listeners of this.#topics.values()) count += listeners.size;
    return count;
  }

  /** Calls `listener` with every message, right before it is delivered. */
  watch(listener: (topic: string, bytes: Uint8Array) => void): void {
    this.#watch = listener;
  }

  connect(): PubSub {
    return {
      subscribe: (topic, listener) => {
        const listeners = this.#topics.get(topic);
        if (listeners === undefined) this.#topics.set(topic, new Set([listener]));
        else listeners.add(listener);
      },
      unsubscribe: (topic, listener) => {
        const listeners = this.#topics.get(topic);
        listeners?.delete(listener);
        if (listeners?.size === 0) this.#topics.delete(topic);
      },
      publish: (topic, bytes) => {
        this.#queue.add(() => {
          this.#watch?.(topic, bytes);
          for (const listener of [...(this.#topics.get(topic) ?? [])]) listener(bytes);
        }, 0);
      },
      close: async () => {},
    };
  }
}
