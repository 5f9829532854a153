import { randomUUID } from "node:crypto";
import { TransportError } from "../../errors.ts";
import type { PubSub } from "../pubsub.ts";
import { IpcSender, isIpcMessage } from "./ipc.ts";
import { PendingSubscription } from "./pending-subscription.ts";
import { TopicListeners } from "./topic-listeners.ts";

/** The pub/sub of a worker. The primary relays the messages of the topics that the worker subscribes to. */
export function clusterWorker(subscribeTimeoutMs: number): Omit<PubSub, "maxMessageBytes"> {
  const pubSubId = randomUUID();
  const listeners = new TopicListeners();
  const subscriptions = new Map<string, PendingSubscription>();
  const sender = new IpcSender(process);
  const watchers = new Set<(isConnected: boolean) => void>();
  let requests = 0;

  // These listeners keep the IPC channel open, and with it the process. In a worker, node:cluster does so anyway.
  process.on("message", onMessage);
  process.on("disconnect", onDisconnect);

  return {
    subscribe(topic, listener) {
      listeners.add(topic, listener);
      return (subscriptions.get(topic) ?? requestSubscription(topic)).settled;
    },
    unsubscribe(topic, listener) {
      if (!listeners.remove(topic, listener)) return;
      subscriptions.get(topic)?.confirm();
      subscriptions.delete(topic);
      sender.send({ type: "rollcall:unsubscribe", pubSubId, topic }).catch(() => {});
    },
    async publish(topic, bytes) {
      listeners.assertCanPublish(bytes);
      await sender.send({ type: "rollcall:publish", topic, bytes: Buffer.from(bytes).toString("base64") });
    },
    watchConnection(watcher) {
      const own = (isConnected: boolean) => watcher(isConnected);
      watchers.add(own);
      own(process.connected);
      return () => void watchers.delete(own);
    },
    async close() {
      if (!listeners.close()) return;
      process.off("message", onMessage);
      process.off("disconnect", onDisconnect);
      watchers.clear();
      for (const subscription of subscriptions.values()) subscription.confirm();
      subscriptions.clear();
      sender.send({ type: "rollcall:leave", pubSubId }).catch(() => {});
    },
  };

  function requestSubscription(topic: string): PendingSubscription {
    requests += 1;
    const subscription = new PendingSubscription(String(requests), subscribeTimeoutMs, () => {
      subscriptions.delete(topic);
      return new TransportError(
        `The primary did not answer within ${subscribeTimeoutMs} ms. Call clusterPubSub() in the primary too: it ` +
          "relays the messages between the workers. In PM2's cluster mode the primary is PM2, which can't: use a broker, or " +
          "start the workers yourself with node:cluster.",
      );
    });
    subscriptions.set(topic, subscription);
    sendRequest(topic, subscription);
    return subscription;
  }

  function sendRequest(topic: string, subscription: PendingSubscription): void {
    sender
      .send({ type: "rollcall:subscribe", pubSubId, topic, requestId: subscription.id })
      .catch((error: Error) => subscription.fail(error));
  }

  function onMessage(message: unknown): void {
    if (!isIpcMessage(message)) return;
    if (message.type === "rollcall:message") {
      if (listeners.has(message.topic))
        listeners.deliver(message.topic, Buffer.from(message.bytes, "base64"));
    } else if (message.type === "rollcall:subscribed") {
      const subscription = message.pubSubId === pubSubId ? subscriptions.get(message.topic) : undefined;
      if (subscription?.id === message.requestId) subscription.confirm();
    } else if (message.type === "rollcall:ready") {
      for (const topic of listeners.topics()) {
        const subscription = subscriptions.get(topic);
        if (subscription === undefined) requestSubscription(topic);
        else sendRequest(topic, subscription);
      }
    }
  }

  function onDisconnect(): void {
    for (const subscription of subscriptions.values())
      subscription.fail(
        new TransportError(
          "The primary has exited or has disconnected this worker, so no message reaches the other workers. Start " +
            "this worker again.",
        ),
      );
    for (const watcher of watchers) watcher(false);
  }
}
