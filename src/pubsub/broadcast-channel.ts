import { isUint8Array } from "node:util/types";
import { BroadcastChannel } from "node:worker_threads";
import { assertNoUnknownOptions, assertOptionsObject, checkArgument } from "../checks/check-argument.ts";
import { TopicListeners } from "./internal/topic-listeners.ts";
import type { PubSub } from "./pubsub.ts";

/**
 * What `broadcastChannelPubSub` is made with.
 *
 * @example
 * const options: BroadcastChannelPubSubOptions = { name: "chat" };
 */
export interface BroadcastChannelPubSubOptions {
  /**
   * What the names of the channels start with: only those of one name hear each other.
   * @defaultValue "rollcall"
   */
  readonly name?: string;
}

/**
 * For the threads of one process: those of `node:worker_threads`, and the main one. Nothing needs to be connected. It
 * keeps neither the process nor a thread alive, and a thread that is terminated disturbs no other.
 *
 * @example
 * // in every thread
 * const tracker = await createTracker({ pubsub: broadcastChannelPubSub() });
 */
export function broadcastChannelPubSub(options: BroadcastChannelPubSubOptions = {}): PubSub {
  assertOptionsObject(options, 'Pass { name: "chat" }, or nothing.');
  const { name = "rollcall", ...unknown } = options;
  assertNoUnknownOptions(unknown, { name });
  checkArgument("name", name, typeof name === "string" && name !== "", "a string, not empty");
  const listeners = new TopicListeners();
  const channels = new Map<string, BroadcastChannel>();
  // One channel a topic, so that a thread is not woken by messages that are for another.
  const channelOf = (topic: string) => new BroadcastChannel(`${name}:${topic}`);

  return {
    subscribe(topic, listener) {
      if (!listeners.add(topic, listener)) return;
      const channel = channelOf(topic);
      channel.onmessage = (event) => {
        const { data } = event as { readonly data: unknown };
        // Anybody in the process can post to a channel of this name.
        if (isUint8Array(data)) listeners.deliver(topic, data);
      };
      // After `onmessage`, which would make it keep the process alive.
      channel.unref();
      channels.set(topic, channel);
    },
    unsubscribe(topic, listener) {
      if (!listeners.remove(topic, listener)) return;
      channels.get(topic)!.close();
      channels.delete(topic);
    },
    publish(topic, bytes) {
      listeners.assertCanPublish(bytes);
      // A channel does not hear itself, and we must: so each message leaves by one that only speaks.
      const channel = channelOf(topic);
      // A copy, as cloning a view clones all of the buffer that it looks into.
      channel.postMessage(new Uint8Array(bytes));
      channel.close();
    },
    async close() {
      listeners.close();
      for (const channel of channels.values()) channel.close();
      channels.clear();
    },
  };
}
