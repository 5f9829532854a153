import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { encodeText, type RuleCheck } from "./rule-run.ts";

export type ClosingRule =
  | "calls no listener after close"
  | "brings nothing that is published after close"
  | "closes a second time without complaint";

export const closingRules: Record<ClosingRule, RuleCheck> = {
  async "calls no listener after close"(scene) {
    const { alice, bob, topic } = scene;
    const inbox = await scene.listen(alice);
    const published = bob.publish(topic, encodeText("on its way"));
    await alice.close();
    const heard = inbox.messages.length;
    await published;
    if (alice === bob) {
      // Nobody is left who could tell that the message has passed.
      await nextTurn();
    } else {
      await bob.publish(topic, encodeText("too late"));
      await scene.fence(bob, bob);
    }
    assert.equal(inbox.messages.length, heard, "messages heard once close had resolved");
  },

  async "brings nothing that is published after close"(scene) {
    const { alice, bob, topic } = scene;
    const inbox = await scene.listen(alice);
    await bob.close();
    try {
      await bob.publish(topic, encodeText("from beyond"));
    } catch {
      // To refuse it is as good.
    }
    if (alice === bob) await nextTurn();
    else await scene.fence(alice, alice);
    assert.equal(inbox.messages.length, 0, "messages published after close");
  },

  async "closes a second time without complaint"({ alice }) {
    await alice.close();
    await alice.close();
  },
};
