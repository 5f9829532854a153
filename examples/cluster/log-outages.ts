import type { PubSub } from "../../src/index.ts";

/** The part of a presence that is used, whatever it shows. */
interface Watched {
  on(event: "error", listener: (error: Error & { readonly code?: string }) => void): unknown;
  traffic(): { readonly receivedMessages: number };
}

/**
 * Says on the console that a broker is away, by whichever sign of it comes first, and when it is back: once each, as
 * while it is away there is a fault with every message.
 */
export function logOutages(presence: Watched, pubsub: PubSub, broker: string): void {
  let isAway = false;
  pubsub.watchConnection?.((isConnected) => {
    if (!isConnected) away("the connection is lost");
  });
  presence.on("error", (error) => {
    if (error.code === "TRANSPORT") away((error.cause as Error).message);
    else console.error(error.message);
  });

  function away(reason: string): void {
    if (isAway) return;
    isAway = true;
    console.warn(
      `${broker} is away: ${reason}. This node goes on with what it knows, and catches up when it is back.`,
    );
    const heard = presence.traffic().receivedMessages;
    // Nobody says that a broker which hung goes on. But a node hears its own messages too, if it hears any.
    const timer = setInterval(() => {
      if (presence.traffic().receivedMessages === heard) return;
      clearInterval(timer);
      isAway = false;
      console.log(`${broker} is back, and the numbers are of all nodes again.`);
    }, 250);
    timer.unref();
  }
}
