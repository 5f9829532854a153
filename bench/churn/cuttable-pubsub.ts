import type { Listener, PubSub } from "../../src/pubsub/pubsub.ts";

/** The pub/sub of one node. After `cut`, it sends and receives nothing, as if the process of the node had been killed. */
export class CuttablePubSub {
  readonly pubsub: PubSub;
  readonly #subscriptions = new Set<() => void>();
  #isCut = false;

  constructor(pubsub: PubSub) {
    this.pubsub = {
      subscribe: (topic, listener) => {
        this.#subscriptions.add(() => void pubsub.unsubscribe(topic, listener));
        return pubsub.subscribe(topic, listener);
      },
      unsubscribe: (topic: string, listener: Listener) => pubsub.unsubscribe(topic, listener),
      publish: (topic, bytes) => (this.#isCut ? undefined : pubsub.publish(topic, bytes)),
      close: async () => {},
    };
  }

  cut(): void {
    this.#isCut = true;
    for (const unsubscribe of this.#subscriptions) unsubscribe();
  }
}
