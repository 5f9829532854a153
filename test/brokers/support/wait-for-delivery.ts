import type { Inbox } from "../../../src/testing/pubsub-rules/inbox.ts";
import { Scene } from "../../../src/testing/pubsub-rules/rule-run.ts";
import type { End } from "./drivers.ts";

/** Ends what would never end; nothing healthy takes so long. */
export const DEADLINE_MS = 30_000;

/** Says something until it is heard. */
export async function heard(from: End["pubsub"], topic: string, inbox: Inbox): Promise<void> {
  await new Scene({ alice: from, bob: from, topic: topic.slice(0, 40), deadlineMs: DEADLINE_MS }).reaches(
    from,
    inbox,
    "hello",
    topic,
  );
}

/** Resolves when the driver has noticed. */
export function lost({ pubsub }: End): Promise<void> {
  return new Promise((resolve) => {
    const stop = pubsub.watchConnection!((isConnected) => {
      if (isConnected) return;
      resolve();
      queueMicrotask(() => stop());
    });
  });
}
