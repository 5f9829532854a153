import assert from "node:assert/strict";
import { encodeText, type RuleCheck } from "./rule-run.ts";

export type UnsubscribingRule =
  | "does not call a listener after unsubscribe"
  | "leaves a topic's other listeners when one unsubscribes"
  | "leaves a listener its other topics when it unsubscribes from one"
  | "lets a listener unsubscribe while it is called, and calls the others all the same"
  | "holds a subscribe right after an unsubscribe"
  | "minds no unsubscribe of what was never subscribed";

export const unsubscribingRules: Record<UnsubscribingRule, RuleCheck> = {
  async "does not call a listener after unsubscribe"(scene) {
    const { alice, bob, topic } = scene;
    const inbox = await scene.listen(alice);
    await bob.publish(topic, encodeText("still there?"));
    await inbox.receives(encodeText("still there?"));
    const unsubscribed = alice.unsubscribe(topic, inbox.listener);
    await bob.publish(topic, encodeText("and now?"));
    await unsubscribed;
    await scene.fence(bob, alice);
    assert(!inbox.has(encodeText("and now?")), "a message came after unsubscribe had returned");
  },

  async "leaves a topic's other listeners when one unsubscribes"(scene) {
    const { alice, bob, topic } = scene;
    const [going, staying] = [await scene.listen(alice), await scene.listen(alice)];
    await alice.unsubscribe(topic, going.listener);
    await bob.publish(topic, encodeText("who is left?"));
    await staying.receives(encodeText("who is left?"));
    await scene.fence(bob, alice);
    assert.equal(going.messages.length, 0, "messages that came after unsubscribe");
  },

  async "leaves a listener its other topics when it unsubscribes from one"(scene) {
    const { alice, bob, topic } = scene;
    const inbox = await scene.listen(alice, `${topic}:going`);
    await scene.subscribe(alice, `${topic}:staying`, inbox.listener);
    await alice.unsubscribe(`${topic}:going`, inbox.listener);
    await bob.publish(`${topic}:going`, encodeText("going"));
    await bob.publish(`${topic}:staying`, encodeText("staying"));
    await inbox.receives(encodeText("staying"));
    await scene.fence(bob, alice);
    assert(!inbox.has(encodeText("going")), "a message came under the topic that was unsubscribed");
  },

  async "lets a listener unsubscribe while it is called, and calls the others all the same"(scene) {
    const { alice, bob, topic } = scene;
    const before = await scene.listen(alice);
    let calls = 0;
    const once = () => {
      calls += 1;
      void alice.unsubscribe(topic, once);
    };
    await scene.subscribe(alice, topic, once);
    const after = await scene.listen(alice);
    for (const words of ["one", "two"]) {
      await bob.publish(topic, encodeText(words));
      for (const inbox of [before, after]) await inbox.receives(encodeText(words));
    }
    assert.equal(calls, 1, "calls of a listener that unsubscribed itself in the first");
  },

  async "holds a subscribe right after an unsubscribe"(scene) {
    const { alice, bob, topic } = scene;
    const going = await scene.listen(alice);
    const coming = scene.inbox();
    const unsubscribed = alice.unsubscribe(topic, going.listener);
    await scene.subscribe(alice, topic, coming.listener);
    await unsubscribed;
    await bob.publish(topic, encodeText("both at once"));
    await coming.receives(encodeText("both at once"));
    assert.equal(going.messages.length, 0, "messages that came after unsubscribe");
  },

  async "minds no unsubscribe of what was never subscribed"(scene) {
    const { alice, bob, topic } = scene;
    const stranger = () => {};
    await alice.unsubscribe(topic, stranger);
    const inbox = await scene.listen(alice);
    await alice.unsubscribe(topic, stranger);
    await bob.publish(topic, encodeText("still here"));
    await inbox.receives(encodeText("still here"));
  },
};
