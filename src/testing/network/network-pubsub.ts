import type { Listener, PubSub } from "../../pubsub/pubsub.ts";
import type { Clock } from "../../time/clock.ts";
import type { Links } from "./links.ts";
import { stamp, stampBytes, unstamp } from "./message-stamp.ts";
import type { NodeConnection, NodeSubscription } from "./node-connection.ts";

/** What ports of one network share. */
export interface NetworkContext {
  readonly clock: Clock;
  readonly links: Links;
}

interface Subscription extends NodeSubscription {
  readonly hear: Listener;
}

/** One node's way into the network: what it sends is stamped, what it hears goes through the network's hands. */
export class NetworkPubSub implements PubSub {
  readonly maxMessageBytes?: number;
  readonly #medium: NetworkContext;
  readonly #station: NodeConnection;
  readonly #inner: PubSub;
  readonly #subscriptions = new Map<string, Map<Listener, Subscription>>();

  constructor(medium: NetworkContext, station: NodeConnection, inner: PubSub) {
    this.#medium = medium;
    this.#station = station;
    this.#inner = inner;
    if (inner.maxMessageBytes !== undefined) {
      this.maxMessageBytes = inner.maxMessageBytes - stampBytes(station.senderPrefix);
    }
  }

  subscribe(topic: string, listener: Listener): Promise<void> | void {
    const before = this.#take(topic, listener);
    if (before !== undefined) void this.#inner.unsubscribe(topic, before.hear);
    const subscription: Subscription = {
      isDeaf: false,
      hear: (stamped) => this.#hear(subscription, listener, stamped),
    };
    let ofTopic = this.#subscriptions.get(topic);
    if (ofTopic === undefined) {
      ofTopic = new Map();
      this.#subscriptions.set(topic, ofTopic);
    }
    ofTopic.set(listener, subscription);
    this.#station.subscriptions.add(subscription);
    return this.#inner.subscribe(topic, subscription.hear);
  }

  unsubscribe(topic: string, listener: Listener): Promise<void> | void {
    const subscription = this.#take(topic, listener);
    return subscription && this.#inner.unsubscribe(topic, subscription.hear);
  }

  publish(topic: string, bytes: Uint8Array): Promise<void> | void {
    const station = this.#station;
    const stamped = stamp(station.senderPrefix, station.nextMessageNumber(), bytes);
    if (!station.isDisconnected) return this.#inner.publish(topic, stamped);
    this.#medium.links.counts.outage++;
    if (station.publishThrows) throw new Error(`${station.name} has no connection to the broker.`);
  }

  watchConnection(listener: (isConnected: boolean) => void): () => void {
    let isInnerConnected = true;
    const tell = () => listener(isInnerConnected && !this.#station.reportsDisconnected);
    this.#station.watchers.add(tell);
    const stopInner = this.#inner.watchConnection?.((isConnected) => {
      isInnerConnected = isConnected;
      tell();
    });
    if (stopInner === undefined) tell();
    return () => {
      this.#station.watchers.delete(tell);
      stopInner?.();
    };
  }

  async close(): Promise<void> {
    for (const [topic, ofTopic] of this.#subscriptions) {
      for (const listener of [...ofTopic.keys()]) this.#take(topic, listener);
    }
    await this.#inner.close();
  }

  #take(topic: string, listener: Listener): Subscription | undefined {
    const ofTopic = this.#subscriptions.get(topic);
    const subscription = ofTopic?.get(listener);
    if (ofTopic === undefined || subscription === undefined) return undefined;
    ofTopic.delete(listener);
    if (ofTopic.size === 0) this.#subscriptions.delete(topic);
    this.#station.subscriptions.delete(subscription);
    // What is still under way to it is not heard any more.
    subscription.isDeaf = true;
    return subscription;
  }

  #hear(subscription: Subscription, listener: Listener, stamped: Uint8Array): void {
    const letter = unstamp(stamped);
    if (letter === undefined || this.#isShut(subscription)) return;
    const { clock, links } = this.#medium;
    const arrive = () => {
      if (this.#isShut(subscription)) return;
      links.countArrival(letter.from, this.#station.name, letter.number);
      listener(letter.bytes);
    };
    for (const delayMs of links.deliveryDelays(letter.from, this.#station.name, clock.now())) {
      if (delayMs > 0) clock.setTimer(arrive, delayMs);
      else arrive();
    }
  }

  #isShut(subscription: Subscription): boolean {
    const { counts } = this.#medium.links;
    if (this.#station.isDisconnected) counts.outage++;
    else if (subscription.isDeaf) counts.unheard++;
    else return false;
    return true;
  }
}
