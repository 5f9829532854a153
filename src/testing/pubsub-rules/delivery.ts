import assert from "node:assert/strict";
import { encodeText, type RuleCheck } from "./rule-run.ts";

export type DeliveryRule =
  | "delivers a message to other nodes"
  | "delivers a message to its own publisher"
  | "delivers a message to every listener of its topic"
  | "delivers a message under its own topic only, for topics of up to 63 bytes and all allowed characters"
  | "delivers a thousand messages"
  | "delivers messages that are published as soon as subscribe resolves"
  | "never calls a listener from within publish"
  | "accepts a message that has no listener"
  | "reports the connection state before watchConnection returns, if it has watchConnection";

export const deliveryRules: Record<DeliveryRule, RuleCheck> = {
  async "delivers a message to other nodes"(run) {
    const inbox = await run.listen(run.alice);
    await run.bob.publish(run.topic, encodeText("hello"));
    await inbox.receives(encodeText("hello"));
  },

  async "delivers a message to its own publisher"(run) {
    const inbox = await run.listen(run.bob);
    await run.bob.publish(run.topic, encodeText("to myself"));
    await inbox.receives(encodeText("to myself"));
  },

  async "delivers a message to every listener of its topic"(run) {
    const { alice, bob } = run;
    const inboxes = [await run.listen(alice), await run.listen(alice), await run.listen(bob)];
    await bob.publish(run.topic, encodeText("hello, everyone"));
    for (const inbox of inboxes) await inbox.receives(encodeText("hello, everyone"));
  },

  async "delivers a message under its own topic only, for topics of up to 63 bytes and all allowed characters"(
    run,
  ) {
    const long = `${run.topic}:aZ09_-.:`.padEnd(62, "x");
    const topics = [`${long}1`, `${long}2`, `${long}1`.toUpperCase(), run.topic];
    for (const pubsub of [run.alice, run.bob]) {
      const inboxes = [];
      for (const topic of topics) inboxes.push(await run.listen(pubsub, topic));
      for (const topic of topics) await run.bob.publish(topic, encodeText(`to ${topic}`));
      for (const [at, inbox] of inboxes.entries()) await inbox.receives(encodeText(`to ${topics[at]}`));
      await run.fence(run.bob, pubsub);
      for (const [at, { messages }] of inboxes.entries()) {
        const got = new Set(messages.map((bytes) => Buffer.from(bytes).toString()));
        assert.deepEqual(got, new Set([`to ${topics[at]}`]), `all messages under ${topics[at]}`);
      }
    }
  },

  async "delivers a thousand messages"(run) {
    const inbox = await run.listen(run.alice);
    const all = Array.from({ length: 1_000 }, (_, at) => encodeText(`message ${at}`));
    await Promise.all(all.map((bytes) => run.bob.publish(run.topic, bytes)));
    const different = () => new Set(inbox.messages.map((bytes) => Buffer.from(bytes).toString())).size;
    const haveArrived = () => inbox.messages.length >= all.length && different() === all.length;
    await inbox.until(haveArrived, "1 000 different messages to arrive");
  },

  async "delivers messages that are published as soon as subscribe resolves"(run) {
    const inboxes = [];
    for (let round = 0; round < 20; round++) {
      const topic = `${run.topic}:${round}`;
      inboxes.push(await run.listen(run.alice, topic));
      await run.bob.publish(topic, encodeText(`round ${round}`));
    }
    for (const [round, inbox] of inboxes.entries()) await inbox.receives(encodeText(`round ${round}`));
  },

  async "never calls a listener from within publish"(run) {
    let isPublishing = false;
    let wasCalled = false;
    const inbox = await run.listen(run.alice);
    await run.subscribe(run.alice, run.topic, () => {
      wasCalled ||= isPublishing;
    });
    isPublishing = true;
    const published = run.alice.publish(run.topic, encodeText("not yet"));
    isPublishing = false;
    await published;
    await inbox.receives(encodeText("not yet"));
    assert.equal(wasCalled, false, "the listener was called before publish returned");
  },

  async "accepts a message that has no listener"(run) {
    await run.bob.publish(run.topic, encodeText("to no one"));
    await run.fence(run.bob, run.alice);
  },

  async "reports the connection state before watchConnection returns, if it has watchConnection"({ alice }) {
    const reported: boolean[] = [];
    const stop = alice.watchConnection?.((isConnected) => reported.push(isConnected));
    if (stop === undefined) return;
    assert.deepEqual(reported, [true], "what watchConnection reported before it returned");
    stop();
    stop();
  },
};
