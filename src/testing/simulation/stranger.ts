import type { PubSub } from "../../pubsub/pubsub.ts";
import type { SimulatedNetwork } from "../network/lossy-network.ts";
import { unstamp } from "../network/message-stamp.ts";
import type { SimulatedBroker } from "./simulated-broker.ts";

/** A message and the topic on which it was published. */
export interface PublishedMessage {
  readonly topic: string;
  readonly bytes: Uint8Array;
}

/** Its name in the network. No node has it. */
const NAME = "a stranger";

/**
 * A client of the broker that is no node of the cluster. It can hear every message, and its own messages reach the nodes over
 * the same network.
 */
export class Stranger {
  readonly #broker: SimulatedBroker;
  readonly #pubsub: PubSub;
  /** The buffers of the messages that it made up. All receivers of a message share its buffer. */
  readonly #forged = new WeakSet<ArrayBufferLike>();
  #isForging = false;

  constructor(broker: SimulatedBroker, network: SimulatedNetwork) {
    const connection = broker.connect();
    this.#broker = broker;
    this.#pubsub = network.wrap(NAME, {
      ...connection,
      publish: (topic, stamped) => {
        if (this.#isForging) this.#forged.add(stamped.buffer);
        return connection.publish(topic, stamped);
      },
    });
  }

  /** Calls the listener with each message of a node that the broker gets from now on. */
  listen(listener: (message: PublishedMessage) => void): void {
    this.#broker.watch((topic, stamped) => {
      const message = unstamp(stamped);
      if (message !== undefined && message.from !== NAME) listener({ topic, bytes: message.bytes });
    });
  }

  /** Publishes a message that no node has sent. Every node must refuse it. */
  forge({ topic, bytes }: PublishedMessage): void {
    this.#isForging = true;
    void this.#pubsub.publish(topic, bytes);
    this.#isForging = false;
  }

  /** Publishes a message of a node again. It may have the effects of a message that is late. */
  replay({ topic, bytes }: PublishedMessage): void {
    void this.#pubsub.publish(topic, bytes);
  }

  /** Whether it made up a message that the network delivers. */
  isForged(bytes: Uint8Array): boolean {
    return this.#forged.has(bytes.buffer);
  }
}
