import type { Listener, PubSub } from "../../pubsub/pubsub.ts";
import type { Clock } from "../../time/clock.ts";
import type { Links } from "./links.ts";
import { stamp, stampBytes, unstamp } from "./message-stamp.ts";
import type { NodeConnection, NodeSubscription } from "./node-connection.ts";

/** The parts of a network that all of its pub/subs share. */
export interface NetworkContext {
  readonly clock: Clock;
  readonly links: Links;
}

interface Subscription extends NodeSubscription {
  readonly receive: Listener;
}

/** The pub/sub of one node: stamps each message that it sends, and lets the links decide when a received one arrives. */
export class NetworkPubSub implements PubSub {
  readonly maxMessageBytes?: number;
  readonly #context: NetworkContext;
  readonly #connection: NodeConnection;
  readonly #inner: PubSub;
  readonly #subscriptions = new Map<string, Map<Listener, Subscription>>();

  constructor(context: NetworkContext, connection: NodeConnection, inner: PubSub) {
    this.#context = context;
    this.#connection = connection;
    this.#inner = inner;
    if (inner.maxMessageBytes !== undefined) {
      this.maxMessageBytes = inner.maxMessageBytes - stampBytes(connection.senderPrefix);
    }
  }

  subscribe(topic: string, listener: Listener): Promise<void> | void {
    const previous = this.#removeSubscription(topic, listener);
    if (previous !== undefined) void this.#inner.unsubscribe(topic, previous.receive);
    const subscription: Subscription = {
      isDeaf: false,
      receive: (stamped) => this.#receive(subscription, listener, stamped),
    };
    let ofTopic = this.#subscriptions.get(topic);
    if (ofTopic === undefined) {
      ofTopic = new Map();
      this.#subscriptions.set(topic, ofTopic);
    }
    ofTopic.set(listener, subscription);
    this.#connection.subscriptions.add(subscription);
    return this.#inner.subscribe(topic, subscription.receive);
  }

  unsubscribe(topic: string, listener: Listener): Promise<void> | void {
    const subscription = this.#removeSubscription(topic, listener);
    return subscription && this.#inner.unsubscribe(topic, subscription.receive);
  }

  publish(topic: string, bytes: Uint8Array): Promise<void> | void {
    const connection = this.#connection;
    const stamped = stamp(connection.senderPrefix, connection.nextMessageNumber(), bytes);
    if (!connection.isDisconnected) return this.#inner.publish(topic, stamped);
    this.#context.links.counts.outage++;
    if (connection.publishThrows) throw new Error(`${connection.name} has no connection to the broker.`);
  }

  watchConnection(listener: (isConnected: boolean) => void): () => void {
    let isInnerConnected = true;
    const report = () => listener(isInnerConnected && !this.#connection.reportsDisconnected);
    this.#connection.watchers.add(report);
    const stopInner = this.#inner.watchConnection?.((isConnected) => {
      isInnerConnected = isConnected;
      report();
    });
    if (stopInner === undefined) report();
    return () => {
      this.#connection.watchers.delete(report);
      stopInner?.();
    };
  }

  async close(): Promise<void> {
    for (const [topic, ofTopic] of this.#subscriptions) {
      for (const listener of [...ofTopic.keys()]) this.#removeSubscription(topic, listener);
    }
    await this.#inner.close();
  }

  #removeSubscription(topic: string, listener: Listener): Subscription | undefined {
    const ofTopic = this.#subscriptions.get(topic);
    const subscription = ofTopic?.get(listener);
    if (ofTopic === undefined || subscription === undefined) return undefined;
    ofTopic.delete(listener);
    if (ofTopic.size === 0) this.#subscriptions.delete(topic);
    this.#connection.subscriptions.delete(subscription);
    // Messages that are still on their way do not reach the listener.
    subscription.isDeaf = true;
    return subscription;
  }

  #receive(subscription: Subscription, listener: Listener, stamped: Uint8Array): void {
    const message = unstamp(stamped);
    if (message === undefined || this.#isBlocked(subscription)) return;
    const { clock, links } = this.#context;
    const arrive = () => {
      if (this.#isBlocked(subscription)) return;
      links.countArrival(message.from, this.#connection.name, message.number);
      listener(message.bytes);
    };
    for (const delayMs of links.deliveryDelays(message.from, this.#connection.name, clock.now())) {
      if (delayMs > 0) clock.setTimer(arrive, delayMs);
      else arrive();
    }
  }

  /** Whether the receiver gets nothing now. Counts the message if so. */
  #isBlocked(subscription: Subscription): boolean {
    const { counts } = this.#context.links;
    if (this.#connection.isDisconnected) counts.outage++;
    else if (subscription.isDeaf) counts.unheard++;
    else return false;
    return true;
  }
}
