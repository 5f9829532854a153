import { randomUUID } from "node:crypto";
import { TransportError } from "../../errors.ts";
import type { PubSub } from "../pubsub.ts";
import { IpcSender, isIpcMessage } from "./ipc.ts";
import { PendingSubscription } from "./pending-subscription.ts";
import { TopicListeners } from "./topic-listeners.ts";

/** The pub/sub of one worker: the primary brings it what it subscribed to. */
export function clusterWorker(subscribeTimeoutMs: number): Omit<PubSub, "maxMessageBytes"> {
  const member = randomUUID();
  const listeners = new TopicListeners();
  const holds = new Map<string, PendingSubscription>();
  const outlet = new IpcSender(process);
  const watchers = new Set<(isConnected: boolean) => void>();
  let asked = 0;

  // These keep a process alive by its channel; that of a cluster's worker is kept open by node:cluster anyway.
  process.on("message", onMessage);
  process.on("disconnect", onDisconnect);

  return {
    subscribe(topic, listener) {
      listeners.add(topic, listener);
      return (holds.get(topic) ?? ask(topic)).settled;
    },
    unsubscribe(topic, listener) {
      if (!listeners.remove(topic, listener)) return;
      holds.get(topic)?.confirm();
      holds.delete(topic);
      outlet.send({ type: "rollcall:unsubscribe", member, topic }).catch(() => {});
    },
    async publish(topic, bytes) {
      listeners.assertCanPublish(bytes);
      await outlet.send({ type: "rollcall:publish", topic, bytes: Buffer.from(bytes).toString("base64") });
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
      for (const hold of holds.values()) hold.confirm();
      holds.clear();
      outlet.send({ type: "rollcall:leave", member }).catch(() => {});
    },
  };

  function ask(topic: string): PendingSubscription {
    asked += 1;
    const hold = new PendingSubscription(String(asked), subscribeTimeoutMs, () => {
      holds.delete(topic);
      return new TransportError(
        `The primary did not answer within ${subscribeTimeoutMs} ms. Call clusterPubSub() there too: it carries ` +
          "messages between the workers.",
      );
    });
    holds.set(topic, hold);
    send(topic, hold);
    return hold;
  }

  function send(topic: string, hold: PendingSubscription): void {
    outlet
      .send({ type: "rollcall:subscribe", member, topic, ask: hold.id })
      .catch((error: Error) => hold.fail(error));
  }

  function onMessage(message: unknown): void {
    if (!isIpcMessage(message)) return;
    if (message.type === "rollcall:message") {
      if (listeners.has(message.topic))
        listeners.deliver(message.topic, Buffer.from(message.bytes, "base64"));
    } else if (message.type === "rollcall:subscribed") {
      const hold = message.member === member ? holds.get(message.topic) : undefined;
      if (hold?.id === message.ask) hold.confirm();
    } else if (message.type === "rollcall:ready") {
      for (const topic of listeners.topics()) {
        const hold = holds.get(topic);
        if (hold === undefined) ask(topic);
        else send(topic, hold);
      }
    }
  }

  function onDisconnect(): void {
    for (const hold of holds.values())
      hold.fail(
        new TransportError(
          "The primary is gone, or let us go, and nothing reaches the other workers any more. Start this worker anew.",
        ),
      );
    for (const watcher of watchers) watcher(false);
  }
}
