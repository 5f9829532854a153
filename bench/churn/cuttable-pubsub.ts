import type { Listener, PubSub } from "../../src/pubsub/pubsub.ts";

/** What connects one node to the others, and can be cut: as if its process were killed, it says and hears nothing more. */
export class CuttablePubSub {
  readonly pubsub: PubSub;
  readonly #plugged = new Set<() => void>();
  #isCut = false;

  constructor(pubsub: PubSub) {
    this.pubsub = {
      subscribe: (topic, listener) => {
        this.#plugged.add(() => void pubsub.unsubscribe(topic, listener));
        return pubsub.subscribe(topic, listener);
      },
      unsubscribe: (topic: string, listener: Listener) => pubsub.unsubscribe(topic, listener),
      publish: (topic, bytes) => (this.#isCut ? undefined : pubsub.publish(topic, bytes)),
      close: async () => {},
    };
  }

  cut(): void {
    this.#isCut = true;
    for (const unplug of this.#plugged) unplug();
  }
}
