/**
 * What carries bytes between the replicas of a cluster. A driver is a function that makes one of these out of a
 * client that the caller has connected, and keeps what is promised here; `pubSubContract` of `rollcall/testing`
 * holds a driver to it.
 *
 * **Topics** are strings of at most 63 bytes, of letters, digits and `_ - . :`. Many trackers, and many clusters, may
 * share one `PubSub`.
 *
 * **What a driver must do.** Bring every published message to every listener that is subscribed to its topic anywhere
 * on the same transport, *those of the publishing process and of the publisher itself too*: a tracker tells
 * by its own messages whether it can still hear. Bring each message whole, unchanged and under its own topic. After a lost
 * connection, subscribe again by itself to all it was subscribed to. Carry the bytes as they are when `publish` is
 * called (the publisher may use its buffer again), never change those it was given, and give listeners bytes that stay as
 * they are; listeners only read them, as several may share them. Call listeners from a turn of its own, never from
 * within `publish`. An empty message is one like any other.
 *
 * **What it need not do.** Messages may be lost, repeated, delayed and overtake each other: trackers heal all of that.
 * Nothing need be kept for those who subscribe later. Nothing need be confirmed.
 *
 * @example
 * const pubsub = memoryPubSub();
 * await pubsub.subscribe("news", (bytes) => console.log(bytes.length));
 * await pubsub.publish("news", new Uint8Array([1, 2, 3]));
 */
export interface PubSub {
  /**
   * The most bytes one message may have. Leave it out where there is no limit worth the name. At least 2 560; measured
   * before any encoding of the driver's own.
   */
  readonly maxMessageBytes?: number;

  /**
   * Calls `listener` for every message of the topic from now on. The promise resolves when messages that are published
   * from then on arrive, and rejects when that can't be had. A tracker never subscribes one listener to one topic twice.
   */
  subscribe(topic: string, listener: Listener): Promise<void> | void;

  /**
   * Takes back `subscribe`: the listener is not called again once this returned. Does nothing where there is nothing to
   * take back. A `subscribe` right after it, not waiting for its promise, holds.
   */
  unsubscribe(topic: string, listener: Listener): Promise<void> | void;

  /** Sends a message. Throws or rejects when it is known not to have gone out; a tracker reports that, and goes on. */
  publish(topic: string, bytes: Uint8Array): Promise<void> | void;

  /**
   * Where the driver can tell: calls `listener` whenever the connection is lost or back (again subscribed to
   * everything), and before it returns once with how it is now. While it is lost a tracker declares nobody down. Returns
   * what stops it.
   */
  watchConnection?(listener: (isConnected: boolean) => void): () => void;

  /**
   * Unsubscribes everything: no listener is called once the promise resolved. Closes what the driver itself opened, and
   * leaves the caller's clients open. A second call does nothing.
   */
  close(): Promise<void>;
}

/**
 * Gets the bytes of one message.
 *
 * @example
 * const listener: Listener = (bytes) => console.log(bytes.length);
 */
export type Listener = (bytes: Uint8Array) => void;
