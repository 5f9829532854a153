/**
 * The transport that carries messages between the replicas of a cluster. A driver is a function that makes a
 * `PubSub` from a client that the caller has connected. `pubSubContract` of `rollcall/testing` checks that a driver
 * keeps the rules below.
 *
 * **Topics** are strings of at most 63 bytes: letters, digits and `_ - . :`. Several trackers, also of different
 * clusters, may share one `PubSub`.
 *
 * **A driver must**
 *
 * - deliver each message to every listener of its topic on the same transport. That includes listeners in the
 *   publishing process and on the publishing `PubSub`: a tracker notices a dead subscription because its own
 *   messages stop arriving.
 * - deliver messages whole, unchanged and under their own topic. An empty message is valid.
 * - subscribe again to every topic by itself after a lost connection.
 * - send the bytes as they are when `publish` is called, as the publisher may reuse its buffer, and never modify
 *   them.
 * - give listeners bytes that do not change later. Several listeners may share them, so listeners only read them.
 * - call listeners asynchronously, never during the call of `publish`.
 *
 * **A driver need not**
 *
 * - deliver every message, or only once, or in order, or in time: trackers recover from loss, repetition, delay and
 *   reordering.
 * - keep messages for later subscribers.
 * - confirm that a message arrived.
 *
 * @example
 * const pubsub = memoryPubSub();
 * await pubsub.subscribe("news", (bytes) => console.log(bytes.length));
 * await pubsub.publish("news", new Uint8Array([1, 2, 3]));
 */
export interface PubSub {
  /**
   * The largest message in bytes, before any encoding that the driver adds; at least 2 560. Leave it out if the
   * transport has no practical limit.
   */
  readonly maxMessageBytes?: number;

  /**
   * Calls `listener` for every message of the topic from now on. The promise resolves once newly published messages
   * arrive, and rejects if the subscription fails. A tracker never subscribes the same listener to a topic twice.
   */
  subscribe(topic: string, listener: Listener): Promise<void> | void;

  /**
   * Undoes `subscribe`. The listener is not called after `unsubscribe` returns, even before its promise resolves. Does
   * nothing for a listener that is not subscribed. A caller may call `subscribe` again without waiting for the promise.
   */
  unsubscribe(topic: string, listener: Listener): Promise<void> | void;

  /**
   * Sends a message. Throws or rejects if the driver knows that the message was not sent; a tracker then emits an
   * `error` and carries on.
   */
  publish(topic: string, bytes: Uint8Array): Promise<void> | void;

  /**
   * Optional, for drivers that can observe their connection. Calls `listener` with the current state before it returns,
   * and again whenever the connection is lost or restored. Restored means subscribed to every topic again. While the
   * connection is lost, a tracker declares no replica down. Returns a function that removes the listener.
   */
  watchConnection?(listener: (isConnected: boolean) => void): () => void;

  /**
   * Removes all subscriptions: no listener is called once the promise resolves. Closes what the driver itself
   * opened, and leaves the caller's clients open. A second call does nothing.
   */
  close(): Promise<void>;
}

/**
 * Receives the bytes of one message.
 *
 * @example
 * const listener: Listener = (bytes) => console.log(bytes.length);
 */
export type Listener = (bytes: Uint8Array) => void;
