import assert from "node:assert/strict";
import { encodeText, type RuleCheck } from "./rule-run.ts";

export type UnsubscribingRule =
  | "does not call a listener after unsubscribe"
  | "keeps the other listeners of a topic when one unsubscribes"
  | "keeps the other topics of a listener when it unsubscribes from one"
  | "lets a listener unsubscribe while it is called, and still calls the others"
  | "keeps a subscription that is made right after an unsubscribe"
  | "ignores an unsubscribe without a subscription";

export const unsubscribingRules: Record<UnsubscribingRule, RuleCheck> = {
  async "does not call a listener after unsubscribe"(run) {
    const { alice, bob, topic } = run;
    const inbox = await run.listen(alice);
    await bob.publish(topic, encodeText("before"));
    await inbox.receives(encodeText("before"));
    const unsubscribed = alice.unsubscribe(topic, inbox.listener);
    await bob.publish(topic, encodeText("after"));
    await unsubscribed;
    await run.fence(bob, alice);
    assert(!inbox.has(encodeText("after")), "a message arrived after unsubscribe had returned");
  },

  async "keeps the other listeners of a topic when one unsubscribes"(run) {
    const { alice, bob, topic } = run;
    const [leaving, staying] = [await run.listen(alice), await run.listen(alice)];
    await alice.unsubscribe(topic, leaving.listener);
    await bob.publish(topic, encodeText("one listener left"));
    await staying.receives(encodeText("one listener left"));
    await run.fence(bob, alice);
    assert.equal(leaving.messages.length, 0, "messages that arrived after unsubscribe");
  },

  async "keeps the other topics of a listener when it unsubscribes from one"(run) {
    const { alice, bob, topic } = run;
    const inbox = await run.listen(alice, `${topic}:dropped`);
    await run.subscribe(alice, `${topic}:kept`, inbox.listener);
    await alice.unsubscribe(`${topic}:dropped`, inbox.listener);
    await bob.publish(`${topic}:dropped`, encodeText("dropped"));
    await bob.publish(`${topic}:kept`, encodeText("kept"));
    await inbox.receives(encodeText("kept"));
    await run.fence(bob, alice);
    assert(!inbox.has(encodeText("dropped")), "a message arrived under the unsubscribed topic");
  },

  async "lets a listener unsubscribe while it is called, and still calls the others"(run) {
    const { alice, bob, topic } = run;
    const before = await run.listen(alice);
    let calls = 0;
    const once = () => {
      calls += 1;
      void alice.unsubscribe(topic, once);
    };
    await run.subscribe(alice, topic, once);
    const after = await run.listen(alice);
    for (const text of ["one", "two"]) {
      await bob.publish(topic, encodeText(text));
      for (const inbox of [before, after]) await inbox.receives(encodeText(text));
    }
    assert.equal(calls, 1, "calls of a listener that unsubscribed during its first call");
  },

  async "keeps a subscription that is made right after an unsubscribe"(run) {
    const { alice, bob, topic } = run;
    const leaving = await run.listen(alice);
    const next = run.inbox();
    const unsubscribed = alice.unsubscribe(topic, leaving.listener);
    await run.subscribe(alice, topic, next.listener);
    await unsubscribed;
    await bob.publish(topic, encodeText("both at once"));
    await next.receives(encodeText("both at once"));
    assert.equal(leaving.messages.length, 0, "messages that arrived after unsubscribe");
  },

  async "ignores an unsubscribe without a subscription"(run) {
    const { alice, bob, topic } = run;
    const stranger = () => {};
    await alice.unsubscribe(topic, stranger);
    const inbox = await run.listen(alice);
    await alice.unsubscribe(topic, stranger);
    await bob.publish(topic, encodeText("still here"));
    await inbox.receives(encodeText("still here"));
  },
};
