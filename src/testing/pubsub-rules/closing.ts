import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { encodeText, type RuleCheck } from "./rule-run.ts";

export type ClosingRule =
  | "calls no listener after close"
  | "delivers nothing that is published after close"
  | "accepts a second close";

export const closingRules: Record<ClosingRule, RuleCheck> = {
  async "calls no listener after close"(run) {
    const { alice, bob, topic } = run;
    const inbox = await run.listen(alice);
    const published = bob.publish(topic, encodeText("on its way"));
    await alice.close();
    const received = inbox.messages.length;
    await published;
    if (alice === bob) {
      // No pub/sub is left to wait for a later message with.
      await nextTurn();
    } else {
      await bob.publish(topic, encodeText("too late"));
      await run.fence(bob, bob);
    }
    assert.equal(inbox.messages.length, received, "the listener got a message after close had resolved");
  },

  async "delivers nothing that is published after close"(run) {
    const { alice, bob, topic } = run;
    const inbox = await run.listen(alice);
    await bob.close();
    try {
      await bob.publish(topic, encodeText("after close"));
    } catch {
      // A driver may also refuse the message.
    }
    if (alice === bob) await nextTurn();
    else await run.fence(alice, alice);
    assert.equal(inbox.messages.length, 0, "a message arrived that was published after close");
  },

  async "accepts a second close"({ alice }) {
    await alice.close();
    await alice.close();
  },
};
