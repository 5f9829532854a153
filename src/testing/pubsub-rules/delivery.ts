import assert from "node:assert/strict";
import { encodeText, type RuleCheck } from "./rule-run.ts";

export type DeliveryRule =
  | "brings a message to others"
  | "brings a message to its own publisher"
  | "brings a message to every listener of its topic"
  | "brings a message under its own topic only, up to 63 bytes of every allowed character"
  | "brings a thousand messages"
  | "brings what is published as soon as the promise of subscribe resolves"
  | "never calls a listener from within publish"
  | "takes a message that nobody listens to"
  | "says how the connection is before watchConnection returns, where it can tell";

export const deliveryRules: Record<DeliveryRule, RuleCheck> = {
  async "brings a message to others"(scene) {
    const inbox = await scene.listen(scene.alice);
    await scene.bob.publish(scene.topic, encodeText("hello"));
    await inbox.receives(encodeText("hello"));
  },

  async "brings a message to its own publisher"(scene) {
    const inbox = await scene.listen(scene.bob);
    await scene.bob.publish(scene.topic, encodeText("can I hear myself?"));
    await inbox.receives(encodeText("can I hear myself?"));
  },

  async "brings a message to every listener of its topic"(scene) {
    const { alice, bob } = scene;
    const inboxes = [await scene.listen(alice), await scene.listen(alice), await scene.listen(bob)];
    await bob.publish(scene.topic, encodeText("hello, all"));
    for (const inbox of inboxes) await inbox.receives(encodeText("hello, all"));
  },

  async "brings a message under its own topic only, up to 63 bytes of every allowed character"(scene) {
    const long = `${scene.topic}:aZ09_-.:`.padEnd(62, "x");
    const topics = [`${long}1`, `${long}2`, `${long}1`.toUpperCase(), scene.topic];
    for (const pubsub of [scene.alice, scene.bob]) {
      const inboxes = [];
      for (const topic of topics) inboxes.push(await scene.listen(pubsub, topic));
      for (const topic of topics) await scene.bob.publish(topic, encodeText(`to ${topic}`));
      for (const [at, inbox] of inboxes.entries()) await inbox.receives(encodeText(`to ${topics[at]}`));
      await scene.fence(scene.bob, pubsub);
      for (const [at, { messages }] of inboxes.entries()) {
        const got = new Set(messages.map((bytes) => Buffer.from(bytes).toString()));
        assert.deepEqual(got, new Set([`to ${topics[at]}`]), `all that came under ${topics[at]}`);
      }
    }
  },

  async "brings a thousand messages"(scene) {
    const inbox = await scene.listen(scene.alice);
    const all = Array.from({ length: 1_000 }, (_, at) => encodeText(`message ${at}`));
    await Promise.all(all.map((bytes) => scene.bob.publish(scene.topic, bytes)));
    const different = () => new Set(inbox.messages.map((bytes) => Buffer.from(bytes).toString())).size;
    const areHere = () => inbox.messages.length >= all.length && different() === all.length;
    await inbox.until(areHere, "1 000 different messages to arrive");
  },

  async "brings what is published as soon as the promise of subscribe resolves"(scene) {
    const inboxes = [];
    for (let round = 0; round < 20; round++) {
      const topic = `${scene.topic}:${round}`;
      inboxes.push(await scene.listen(scene.alice, topic));
      await scene.bob.publish(topic, encodeText(`round ${round}`));
    }
    for (const [round, inbox] of inboxes.entries()) await inbox.receives(encodeText(`round ${round}`));
  },

  async "never calls a listener from within publish"(scene) {
    let isPublishing = false;
    let wasCalled = false;
    const inbox = await scene.listen(scene.alice);
    await scene.subscribe(scene.alice, scene.topic, () => {
      wasCalled ||= isPublishing;
    });
    isPublishing = true;
    const published = scene.alice.publish(scene.topic, encodeText("not yet"));
    isPublishing = false;
    await published;
    await inbox.receives(encodeText("not yet"));
    assert.equal(wasCalled, false, "the listener was called before publish returned");
  },

  async "takes a message that nobody listens to"(scene) {
    await scene.bob.publish(scene.topic, encodeText("anybody?"));
    await scene.fence(scene.bob, scene.alice);
  },

  async "says how the connection is before watchConnection returns, where it can tell"({ alice }) {
    const told: boolean[] = [];
    const stop = alice.watchConnection?.((isConnected) => told.push(isConnected));
    if (stop === undefined) return;
    assert.deepEqual(told, [true], "what the listener was told before watchConnection returned");
    stop();
    stop();
  },
};
