import type { PubSub } from "../../../src/pubsub/pubsub.ts";
import { monotonicNow } from "./monotonic-now.ts";

export interface MessageTimes {
  /** The longest time that a message took since `reset`, in ms. */
  readonly longestMs: number;
  reset(): void;
  stop(): Promise<void>;
}

/** How often each process sends a message to measure with, in ms. A shorter stall of a process may go unnoticed. */
export const PROBE_EVERY_MS = 50;

const TOPIC = "message-times";

/** Measures how long messages take between the processes of one machine, from `publish` to the listener. */
export async function messageTimes(pubsub: PubSub): Promise<MessageTimes> {
  let longestMs = 0;
  const listener = (bytes: Uint8Array) => {
    const sentAt = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0);
    longestMs = Math.max(longestMs, monotonicNow() - sentAt);
  };
  await pubsub.subscribe(TOPIC, listener);
  const probes = setInterval(() => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, monotonicNow());
    // After an outage the next one counts.
    void Promise.resolve(pubsub.publish(TOPIC, bytes)).catch(() => {});
  }, PROBE_EVERY_MS);
  return {
    get longestMs() {
      return longestMs;
    },
    reset() {
      longestMs = 0;
    },
    async stop() {
      clearInterval(probes);
      await pubsub.unsubscribe(TOPIC, listener);
    },
  };
}
