import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fragmentOf, Intervals, PresenceSet } from "../../src/crdt/index.ts";
import { type Envelope, encode, type OutgoingMessage } from "../../src/wire/index.ts";
import { envelopes, mustDecode, outgoingMessages, plain } from "../support/message-arbitraries.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";

const envelope: Envelope = {
  sender: { name: "tokyo-01", id: "V1StGXR8_Z5j", startedAt: 1_795_000_000_000 },
  counter: 7,
};

/** The bytes of a delta with this many typical joins: keys of 21 characters, and a meta with a name. */
function deltaOf(joins: number): Uint8Array {
  const tokyo = new PresenceSet({ replica: envelope.sender.id });
  for (let index = 0; index < joins; index++) {
    const number = String(index).padStart(3, "0");
    tokyo.join(index, "article:a-long-read", `visitor-${number}-abcdefghi`, { name: `user${number}` });
  }
  const outgoing: OutgoingMessage = {
    type: "delta",
    seen: tokyo.seenOf(tokyo.replica),
    operations: tokyo.takeOperations(),
  };
  const [bytes, ...more] = encode(outgoing, envelope);
  expect(more).toEqual([]);
  return bytes!;
}

describe("encode and decode", () => {
  it("return every message unchanged", () => {
    fc.assert(
      fc.property(outgoingMessages, envelopes, (outgoing, anEnvelope) => {
        const messages = encode(outgoing, anEnvelope);
        if (outgoing.type === "delta" && outgoing.operations.length === 0 && !outgoing.handover) {
          assert.deepEqual(messages, []);
          return;
        }
        assert.equal(messages.length, 1);
        const { sender, counter, ...message } = mustDecode(messages[0]!);
        assert.deepEqual({ sender, counter }, anEnvelope);
        assert.equal(message.type, outgoing.type);
        if (message.type === "delta" && outgoing.type === "delta") {
          assert.deepEqual([...message.seen], [...outgoing.seen]);
          assert.deepEqual(message.handover, outgoing.handover);
          assert.deepEqual(plain(message.fragment), plain(fragmentOf(sender.id, outgoing.operations)));
        } else if (message.type === "push" && outgoing.type === "push") {
          const { fragments, ...head } = message;
          assert.deepEqual(head, {
            type: "push",
            to: outgoing.to,
            request: outgoing.request,
            part: 0,
            parts: 1,
            addingParts: 0,
          });
          assert.deepEqual(fragments.map(plain), outgoing.fragments.map(plain));
        } else {
          assert.deepEqual(message, outgoing);
        }
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("return a delta with more keys than the writer remembers, repeated soon or late", () => {
    const tokyo = new PresenceSet({ replica: envelope.sender.id });
    const keyOf = (index: number) => `key ${(index % 2 === 0 ? index : index - 1) % 5_000}`;
    for (let index = 0; index < 10_000; index++) tokyo.join(index, "lobby", keyOf(index), { index });
    const [bytes] = encode(
      { type: "delta", seen: tokyo.seenOf(tokyo.replica), operations: tokyo.takeOperations() },
      envelope,
    );
    const message = mustDecode(bytes!);
    assert(message.type === "delta");
    const keys = message.fragment.live.map(({ key, content }) => [key, content["index"]]);
    assert.deepEqual(
      keys,
      Array.from(keys, (_, index) => [keyOf(index), index]),
    );
  });

  it("return a delta with so many new keys that the writer pauses its look-ups, and then repeated keys", () => {
    const tokyo = new PresenceSet({ replica: envelope.sender.id });
    const keys = Array.from({ length: 20_000 }, (_, index) =>
      index < 17_000 ? `key ${index}` : `key ${index % 50}`,
    );
    for (const [index, key] of keys.entries()) tokyo.join(index, "lobby", key, { index });
    const seen = tokyo.seenOf(tokyo.replica);
    const [bytes] = encode({ type: "delta", seen, operations: tokyo.takeOperations() }, envelope);
    const message = mustDecode(bytes!);
    assert(message.type === "delta");
    assert.deepEqual(
      message.fragment.live.map(({ key }) => key),
      keys,
    );
  });
});

describe("encode", () => {
  it("takes at most 130, 55 and 50 bytes per join for deltas of 1, 100 and 1 000 joins", () => {
    expect(deltaOf(1).length).toBeLessThanOrEqual(130);
    expect(deltaOf(100).length / 100).toBeLessThanOrEqual(55);
    expect(deltaOf(1_000).length / 1_000).toBeLessThanOrEqual(50);
  });

  it("takes at most 100 bytes for an idle heartbeat of two replicas", () => {
    const seen = Intervals.range(1, 5_000);
    const paris = { name: "paris-01", id: "bM3kPq0_x7Yw", startedAt: 1_795_000_100_000, seen };
    const [bytes] = encode(
      {
        type: "heartbeat",
        seen,
        digest: 0xdead_beef,
        leaveDelayMs: 0,
        heartbeatIntervalMs: 4_500,
        others: [paris],
      },
      envelope,
    );
    expect(bytes!.length).toBeLessThanOrEqual(100);
  });

  it("never writes a ref or the name of an owner, because both are numbers", () => {
    const tokyo = new PresenceSet({ replica: "tokyo" });
    const { ref } = tokyo.join(12, "lobby", "alice", { phx_ref: "mine", device: "phone" });
    tokyo.join(13, "lobby", "bob", { phx_ref: "mine", device: "laptop" });
    expect(tokyo.getByKey("lobby", "alice")).toEqual([{ device: "phone", phx_ref: ref }]);
    const [bytes] = encode(
      { type: "delta", seen: tokyo.seenOf("tokyo"), operations: tokyo.takeOperations() },
      envelope,
    );
    const text = new TextDecoder().decode(bytes);
    expect(text).toContain('{"device":"phone"}');
    expect(text).toContain('{"device":"laptop"}');
    expect(text).not.toContain(ref);
    expect(text).not.toContain("phx_ref");
  });
});
