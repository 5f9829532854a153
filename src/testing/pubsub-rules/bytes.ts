import assert from "node:assert/strict";
import { isUint8Array } from "node:util/types";
import { areEqual } from "./inbox.ts";
import { encodeText, type RuleCheck } from "./rule-run.ts";

export type BytesRule =
  | "delivers every byte unchanged"
  | "delivers an empty message"
  | "delivers a message of maxMessageBytes, or of 1 MiB"
  | "allows messages of at least 2 560 bytes"
  | "delivers the bytes as they were at publish, even if the publisher reuses its buffer"
  | "never changes bytes that it was given or that it delivered";

const MEBIBYTE = 1_048_576;
const LEAST_MESSAGE_BYTES = 2_560;

export const bytesRules: Record<BytesRule, RuleCheck> = {
  async "delivers every byte unchanged"(run) {
    const inbox = await run.listen(run.alice);
    // A view into the middle of a larger buffer, as an encoder may return.
    const bytes = Uint8Array.from({ length: 300 }, (_, at) => at - 22).subarray(22, 278);
    await run.bob.publish(run.topic, bytes);
    await inbox.receives(bytes);
    assert(isUint8Array(inbox.messages[0]), "a listener gets a Uint8Array");
  },

  async "delivers an empty message"(run) {
    const inbox = await run.listen(run.alice);
    await run.bob.publish(run.topic, new Uint8Array());
    await inbox.receives(new Uint8Array());
  },

  async "delivers a message of maxMessageBytes, or of 1 MiB"(run) {
    const { alice, bob } = run;
    const inbox = await run.listen(alice);
    const length = Math.min(alice.maxMessageBytes ?? MEBIBYTE, bob.maxMessageBytes ?? MEBIBYTE);
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 255);
    await bob.publish(run.topic, bytes);
    await inbox.receives(bytes);
  },

  async "allows messages of at least 2 560 bytes"({ alice, bob }) {
    for (const { maxMessageBytes = MEBIBYTE } of [alice, bob]) {
      assert(maxMessageBytes >= LEAST_MESSAGE_BYTES, `maxMessageBytes is ${maxMessageBytes}`);
    }
  },

  async "delivers the bytes as they were at publish, even if the publisher reuses its buffer"(run) {
    const inboxes = [await run.listen(run.alice), await run.listen(run.bob)];
    const buffer = encodeText("first message");
    const published = run.bob.publish(run.topic, buffer);
    buffer.fill(0);
    await published;
    for (const inbox of inboxes) await inbox.receives(encodeText("first message"));
  },

  async "never changes bytes that it was given or that it delivered"(run) {
    const inbox = await run.listen(run.alice);
    const given = Array.from({ length: 20 }, (_, at) => encodeText(`message number ${at}`));
    for (const [at, bytes] of given.entries()) {
      await run.bob.publish(run.topic, bytes);
      await inbox.receives(encodeText(`message number ${at}`));
    }
    for (const [at, bytes] of given.entries()) {
      assert(
        areEqual(bytes, encodeText(`message number ${at}`)),
        "the driver changed bytes that were given to publish",
      );
      assert(inbox.has(bytes), "the driver changed bytes that it had given to a listener");
    }
  },
};
