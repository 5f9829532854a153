import type { Listener, PubSub } from "../../pubsub/pubsub.ts";
import type { EventQueue } from "../event-queue.ts";

/** The broker of a simulation: takes no time and loses nothing; the lossy network around it sees to that. */
export class SimulatedBroker {
  readonly #queue: EventQueue;
  readonly #topics = new Map<string, Set<Listener>>();

  constructor(queue: EventQueue) {
    this.#queue = queue;
  }

  /** How many subscriptions there are: those of stopped processes must not stay. */
  get subscriptionCount(): number {
    let count = 0;
    for (const listeners of this.#topics.values()) count += listeners.size;
    return count;
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
          for (const listener of [...(this.#topics.get(topic) ?? [])]) listener(bytes);
        }, 0);
      },
      close: async () => {},
    };
  }
}
