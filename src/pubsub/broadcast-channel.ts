import { isUint8Array } from "node:util/types";
import { BroadcastChannel } from "node:worker_threads";
import { assertNoUnknownOptions, assertOptionsObject, checkArgument } from "../checks/check-argument.ts";
import { TopicListeners } from "./internal/topic-listeners.ts";
import type { PubSub } from "./pubsub.ts";

/**
 * Options of `broadcastChannelPubSub`.
 *
 * @example
 * const options: BroadcastChannelPubSubOptions = { name: "chat" };
 */
export interface BroadcastChannelPubSubOptions {
  /**
   * The prefix of all channel names. Only pub/subs with the same name exchange messages.
   * @defaultValue "rollcall"
   */
  readonly name?: string;
}

/**
 * A pub/sub between the threads of one process: the main thread and its `node:worker_threads`. It needs no connection
 * and keeps neither the process nor a thread alive. Terminating a thread does not affect the others.
 *
 * @throws {InvalidArgumentError} for an invalid or unknown option; it is a `TypeError`.
 * @example
 * // in every thread
 * const tracker = await createTracker({ pubsub: broadcastChannelPubSub() });
 */
export function broadcastChannelPubSub(options: BroadcastChannelPubSubOptions = {}): PubSub {
  assertOptionsObject(options, 'Pass { name: "chat" }, or nothing.');
  const { name = "rollcall", ...unknown } = options;
  assertNoUnknownOptions(unknown, { name });
  checkArgument("name", name, typeof name === "string" && name !== "", "a string that is not empty");
  const listeners = new TopicListeners();
  const channels = new Map<string, BroadcastChannel>();
  // One channel per topic, so that a message wakes only the threads that subscribed to its topic.
  const channelOf = (topic: string) => new BroadcastChannel(`${name}:${topic}`);

  return {
    subscribe(topic, listener) {
      if (!listeners.add(topic, listener)) return;
      const channel = channelOf(topic);
      channel.onmessage = (event) => {
        const { data } = event as { readonly data: unknown };
        // Any code in the process can post other values to a channel of this name.
        if (isUint8Array(data)) listeners.deliver(topic, data);
      };
      // Setting `onmessage` makes the channel keep the process alive, so `unref` must come after it.
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
      // A channel does not receive its own messages, but this thread must: so a separate channel sends each message.
      const channel = channelOf(topic);
      // Copied, because cloning a view clones its whole buffer.
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
