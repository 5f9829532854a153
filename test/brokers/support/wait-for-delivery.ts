import type { DriverConnection } from "../../../scripts/brokers/drivers.ts";
import type { Inbox } from "../../../src/testing/pubsub-rules/inbox.ts";
import { RuleRun } from "../../../src/testing/pubsub-rules/rule-run.ts";

/** A safety limit: nothing takes this long unless it is broken. */
export const DEADLINE_MS = 30_000;

/** Publishes a message again and again until it arrives. */
export async function publishUntilReceived(
  from: DriverConnection["pubsub"],
  topic: string,
  inbox: Inbox,
): Promise<void> {
  await new RuleRun({
    alice: from,
    bob: from,
    topic: topic.slice(0, 40),
    deadlineMs: DEADLINE_MS,
  }).publishUntilReceived(from, inbox, "hello", topic);
}

/** Resolves when the driver has noticed that it is disconnected. */
export function waitUntilDisconnected({ pubsub }: DriverConnection): Promise<void> {
  return new Promise((resolve) => {
    const stop = pubsub.watchConnection!((isConnected) => {
      if (isConnected) return;
      resolve();
      queueMicrotask(() => stop());
    });
  });
}
