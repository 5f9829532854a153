import assert from "node:assert/strict";
import { isUint8Array } from "node:util/types";
import { areEqual } from "./inbox.ts";
import { encodeText, type RuleCheck } from "./rule-run.ts";

export type BytesRule =
  | "brings every byte as it was"
  | "brings an empty message"
  | "brings a message as large as it says, or of 1 MiB"
  | "allows messages of at least 2 560 bytes"
  | "brings the bytes as they were at publish, though the publisher uses its buffer again"
  | "never changes the bytes that it was given or gave away";

const MEBIBYTE = 1_048_576;
const LEAST_MESSAGE_BYTES = 2_560;

export const bytesRules: Record<BytesRule, RuleCheck> = {
  async "brings every byte as it was"(scene) {
    const inbox = await scene.listen(scene.alice);
    // A view into the middle of a larger buffer, as an encoder may hand out.
    const bytes = Uint8Array.from({ length: 300 }, (_, at) => at - 22).subarray(22, 278);
    await scene.bob.publish(scene.topic, bytes);
    await inbox.receives(bytes);
    assert(isUint8Array(inbox.messages[0]), "a listener gets a Uint8Array");
  },

  async "brings an empty message"(scene) {
    const inbox = await scene.listen(scene.alice);
    await scene.bob.publish(scene.topic, new Uint8Array());
    await inbox.receives(new Uint8Array());
  },

  async "brings a message as large as it says, or of 1 MiB"(scene) {
    const { alice, bob } = scene;
    const inbox = await scene.listen(alice);
    const length = Math.min(alice.maxMessageBytes ?? MEBIBYTE, bob.maxMessageBytes ?? MEBIBYTE);
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 255);
    await bob.publish(scene.topic, bytes);
    await inbox.receives(bytes);
  },

  async "allows messages of at least 2 560 bytes"({ alice, bob }) {
    for (const { maxMessageBytes = MEBIBYTE } of [alice, bob]) {
      assert(maxMessageBytes >= LEAST_MESSAGE_BYTES, `maxMessageBytes is ${maxMessageBytes}`);
    }
  },

  async "brings the bytes as they were at publish, though the publisher uses its buffer again"(scene) {
    const inboxes = [await scene.listen(scene.alice), await scene.listen(scene.bob)];
    const buffer = encodeText("first words");
    const published = scene.bob.publish(scene.topic, buffer);
    buffer.fill(0);
    await published;
    for (const inbox of inboxes) await inbox.receives(encodeText("first words"));
  },

  async "never changes the bytes that it was given or gave away"(scene) {
    const inbox = await scene.listen(scene.alice);
    const given = Array.from({ length: 20 }, (_, at) => encodeText(`words number ${at}`));
    for (const [at, bytes] of given.entries()) {
      await scene.bob.publish(scene.topic, bytes);
      await inbox.receives(encodeText(`words number ${at}`));
    }
    for (const [at, bytes] of given.entries()) {
      assert(
        areEqual(bytes, encodeText(`words number ${at}`)),
        "bytes that were given to publish were changed",
      );
      assert(inbox.has(bytes), "bytes that a listener got were changed later");
    }
  },
};
