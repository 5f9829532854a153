import type { PubSub } from "../../src/index.ts";

/** The part of a presence that is used here. It does not depend on its types. */
interface WatchedPresence {
  on(event: "error" | "warning", listener: (error: Error & { readonly code?: string }) => void): unknown;
  traffic(): { readonly receivedMessages: number };
}

/**
 * Logs when a broker becomes unreachable, at the first sign of it, and when it is back. It logs each only once, because
 * during an outage every message fails.
 */
export function logOutages(presence: WatchedPresence, pubsub: PubSub, broker: string): void {
  let isUnreachable = false;
  pubsub.watchConnection?.((isConnected) => {
    if (!isConnected) reportOutage("the connection is lost");
  });
  presence.on("error", (error) => {
    if (error.code === "TRANSPORT") reportOutage((error.cause as Error).message);
    else if (error.code === "NOT_HEARD") reportOutage("no messages arrive");
    else console.error(error.message);
  });
  presence.on("warning", (warning) => {
    if (warning.code === "RESUBSCRIBING") reportOutage("no messages arrive");
    else console.warn(warning.message);
  });

  function reportOutage(reason: string): void {
    if (isUnreachable) return;
    isUnreachable = true;
    console.warn(
      `${broker} is unreachable: ${reason}. This node continues with what it knows, and catches up when the broker is back.`,
    );
    const receivedBefore = presence.traffic().receivedMessages;
    // The client emits no event when a hung broker continues. But then the node receives messages again, at least its own.
    const timer = setInterval(() => {
      if (presence.traffic().receivedMessages === receivedBefore) return;
      clearInterval(timer);
      isUnreachable = false;
      console.log(`${broker} is back, and the numbers include all nodes again.`);
    }, 250);
    timer.unref();
  }
}
