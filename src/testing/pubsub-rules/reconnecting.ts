import assert from "node:assert/strict";
import type { RuleCheck } from "./rule-run.ts";

export type ReconnectingRule =
  | "sends and receives again on every topic after a lost connection"
  | "reports a lost connection and its return, if it has watchConnection";

export const reconnectingRules: Record<ReconnectingRule, RuleCheck> = {
  async "sends and receives again on every topic after a lost connection"(run) {
    const { alice, bob, interrupt } = run;
    if (interrupt === undefined) return;
    const inboxes = [await run.listen(alice), await run.listen(alice), await run.listen(bob)];
    await interrupt();
    for (const [at, inbox] of inboxes.entries()) {
      await run.publishUntilReceived(bob, inbox, `bob to inbox ${at}`);
      await run.publishUntilReceived(alice, inbox, `alice to inbox ${at}`);
    }
  },

  async "reports a lost connection and its return, if it has watchConnection"(run) {
    const { alice, bob, interrupt } = run;
    const reported: boolean[] = [];
    const inbox = await run.listen(alice);
    const stop = alice.watchConnection?.((isConnected) => {
      reported.push(isConnected);
      // Makes the inbox check its condition again.
      inbox.listener(new Uint8Array());
    });
    if (stop === undefined || interrupt === undefined) return;
    await interrupt();
    await inbox.until(
      () => reported.length > 1 && reported.at(-1) === true,
      "watchConnection to report the reconnect",
    );
    stop();
    assert(reported.includes(false), "watchConnection did not report the lost connection");
    // The report means that the driver has subscribed again.
    await run.publishUntilReceived(bob, inbox, "welcome back");
  },
};
