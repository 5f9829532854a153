import type { MqttClient } from "mqtt";
import type { Listener, PubSub } from "../../src/index.ts";

export function mqttPubSub({ client }: { client: MqttClient }): PubSub {
  const topics = new Map<string, Set<Listener>>();
  const onMessage = (topic: string, payload: Uint8Array) => {
    for (const listener of [...(topics.get(topic) ?? [])]) {
      if (topics.get(topic)?.has(listener)) listener(payload);
    }
  };
  client.on("message", onMessage);
  let isClosed = false;

  return {
    async subscribe(topic, listener) {
      topics.set(topic, (topics.get(topic) ?? new Set()).add(listener));
      await client.subscribeAsync(topic);
    },
    async unsubscribe(topic, listener) {
      const listeners = topics.get(topic);
      if (!listeners?.delete(listener) || listeners.size > 0) return;
      topics.delete(topic);
      await client.unsubscribeAsync(topic);
    },
    async publish(topic, bytes) {
      if (isClosed || !client.connected) throw new Error("not connected");
      await client.publishAsync(topic, Buffer.from(bytes));
    },
    async close() {
      isClosed = true;
      client.off("message", onMessage);
      topics.clear();
    },
  };
}
