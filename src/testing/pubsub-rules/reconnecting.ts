import assert from "node:assert/strict";
import type { RuleCheck } from "./rule-run.ts";

export type ReconnectingRule =
  | "hears and is heard again after a lost connection, on all it was subscribed to"
  | "says that the connection is lost, and that it is back, where it can tell";

export const reconnectingRules: Record<ReconnectingRule, RuleCheck> = {
  async "hears and is heard again after a lost connection, on all it was subscribed to"(scene) {
    const { alice, bob, interrupt } = scene;
    if (interrupt === undefined) return;
    const inboxes = [await scene.listen(alice), await scene.listen(alice), await scene.listen(bob)];
    await interrupt();
    for (const [at, inbox] of inboxes.entries()) {
      await scene.publishUntilReceived(bob, inbox, `bob to number ${at}`);
      await scene.publishUntilReceived(alice, inbox, `alice to number ${at}`);
    }
  },

  async "says that the connection is lost, and that it is back, where it can tell"(scene) {
    const { alice, bob, interrupt } = scene;
    const told: boolean[] = [];
    const inbox = await scene.listen(alice);
    const stop = alice.watchConnection?.((isConnected) => {
      told.push(isConnected);
      // For who waits to look again.
      inbox.listener(new Uint8Array());
    });
    if (stop === undefined || interrupt === undefined) return;
    await interrupt();
    await inbox.until(() => told.length > 1 && told.at(-1) === true, "word that the connection is back");
    stop();
    assert(told.includes(false), "nothing said that the connection was lost");
    // What it says holds: who is back has subscribed.
    await scene.publishUntilReceived(bob, inbox, "welcome back");
  },
};
