import { type Counts, countOnly } from "../../src/presence/count-only.ts";
import { createPresence } from "../../src/presence/create-presence.ts";
import type { Presence } from "../../src/presence/presence.ts";
import type { PubSub } from "../../src/pubsub/pubsub.ts";
import type { ManualClock } from "../../src/testing/manual-clock.ts";

export type Replicated = "presences" | "counts";
export const MODES: readonly Replicated[] = ["presences", "counts"];

/** A node that shows numbers of readers. */
export type CountingNode = Presence<object, Counts<"readers">>;

interface NodeOptions {
  readonly name: string;
  readonly replicate: Replicated;
  readonly clock: ManualClock;
  readonly flushDelayMs?: number;
}

/** A node that no other node speaks to, and the messages that it publishes. */
export interface SendingNode {
  readonly node: CountingNode;
  /** The messages since the last call. */
  takeMessages(): Uint8Array[];
}

/** A node that publishes nothing, and gets the messages that it is given. */
export interface ReceivingNode {
  readonly node: CountingNode;
  receive(message: Uint8Array): void;
}

export async function startSender(options: NodeOptions): Promise<SendingNode> {
  let messages: Uint8Array[] = [];
  const node = await startNode(options, {
    subscribe() {},
    unsubscribe() {},
    publish: (_topic, bytes) => void messages.push(new Uint8Array(bytes)),
    async close() {},
  });
  return {
    node,
    takeMessages() {
      const taken = messages;
      messages = [];
      return taken;
    },
  };
}

export async function startReceiver(options: NodeOptions): Promise<ReceivingNode> {
  const listeners: ((bytes: Uint8Array) => void)[] = [];
  const node = await startNode(options, {
    // The first topic is that of the cluster.
    subscribe: (_topic, listener) => void listeners.push(listener),
    unsubscribe() {},
    publish() {},
    async close() {},
  });
  return { node, receive: (message) => listeners[0]!(message) };
}

function startNode(
  { name, replicate, clock, flushDelayMs = 10 }: NodeOptions,
  pubsub: PubSub,
): Promise<CountingNode> {
  return createPresence<object, Counts<"readers">>({
    pubsub,
    clock,
    replicaName: name,
    fetch: countOnly("readers"),
    replicate,
    flushDelayMs,
  });
}
