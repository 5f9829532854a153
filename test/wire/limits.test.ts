import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Intervals, PresenceSet } from "../../src/crdt/index.ts";
import type { Meta } from "../../src/payload.ts";
import { createSigning } from "../../src/signing/create-signing.ts";
import { MAX_COUNTER, MIN_MESSAGE_BYTES } from "../../src/wire/format.ts";
import { assertFits, type Envelope, encode, type OutgoingMessage } from "../../src/wire/index.ts";
import { historyTally } from "../support/history-tally.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";

const SIGNING = createSigning({ secret: "the secret of tokyo", acceptUnsigned: false }, "rollcall:all");

const envelopeOf = (replica: string): Envelope => ({
  sender: { name: replica, id: replica, startedAt: 1 },
  counter: 1,
});

describe("assertFits", () => {
  it("accepts only presences that every message can carry, whatever the replica names", () => {
    const name = "n".repeat(255);
    fc.assert(
      fc.property(fc.nat(3_000), fc.constantFrom("x", "é", "🙂", "\ud800"), (length, character) => {
        const presence = { topic: `t${character}`, key: "alice", meta: { note: character.repeat(length) } };
        const fits = (() => {
          try {
            assertFits(presence, MIN_MESSAGE_BYTES);
            return true;
          } catch (error) {
            assert.equal((error as { code?: string }).code, "LIMIT");
            return false;
          }
        })();
        historyTally.event(fits ? "presence that fits" : "presence that does not fit");
        if (!fits) return;
        const tokyo = new PresenceSet({ replica: name });
        tokyo.join(2 ** 49, presence.topic, presence.key, {});
        tokyo.takeOperations();
        tokyo.update(2 ** 49, presence.topic, presence.key, presence.meta);
        const envelope = {
          sender: { name: `m${name.slice(1)}`, id: name, startedAt: MAX_COUNTER },
          counter: MAX_COUNTER - 10,
        };
        const fullState = tokyo.catchUp(name, Intervals.empty())!;
        const outgoings: OutgoingMessage[] = [
          { type: "delta", seen: tokyo.seenOf(name), operations: tokyo.takeOperations() },
          {
            type: "push",
            to: `p${name.slice(1)}`,
            request: MAX_COUNTER,
            fragments: [{ ...fullState, replica: `o${name.slice(1)}` }],
          },
        ];
        for (const signing of [undefined, SIGNING]) {
          const messages = outgoings.flatMap((outgoing) =>
            encode(outgoing, envelope, MIN_MESSAGE_BYTES, 1, signing),
          );
          assert(messages.every((bytes) => bytes.length <= MIN_MESSAGE_BYTES));
        }
      }),
      { numRuns: PROPERTY_RUNS },
    );
    expect(historyTally.of("presence that fits")).toBeGreaterThan(0);
    expect(historyTally.of("presence that does not fit")).toBeGreaterThan(0);
  });

  it.each([
    ["an empty topic", { topic: "", key: "alice", meta: {} }, "topicLength"],
    ["an empty key", { topic: "lobby", key: "", meta: {} }, "keyLength"],
    ["a meta that nests too deep", { topic: "lobby", key: "alice", meta: nested(33) }, "metaDepth"],
  ])("refuses %s", (_, presence, limit) => {
    expect(() => assertFits(presence, 10_000)).toThrow(expect.objectContaining({ code: "LIMIT", limit }));
  });

  it("accepts a meta that nests 32 levels deep", () => {
    expect(() => assertFits({ topic: "lobby", key: "alice", meta: nested(32) }, 10_000)).not.toThrow();
  });

  it("refuses a join and an update with a clear error, and nothing changes", () => {
    const admit = (presence: { topic: string; key: string; meta: Meta }) => assertFits(presence, 8_000);
    const tokyo = new PresenceSet({ replica: "tokyo", admit });
    const photo = "x".repeat(8_000);
    expect(() => tokyo.join(1, "lobby", "alice", { photo })).toThrow(
      /take 8022 bytes .* room for 6720\. Put less/,
    );
    expect([tokyo.count("lobby"), tokyo.takeOperations()]).toEqual([0, []]);
    tokyo.join(1, "lobby", "alice", {});
    const before = tokyo.list("lobby");
    expect(() => tokyo.update(1, "lobby", "alice", { photo })).toThrow(
      expect.objectContaining({ code: "LIMIT" }),
    );
    expect(tokyo.list("lobby")).toEqual(before);
    expect(tokyo.seenOf("tokyo").max).toBe(1);
  });
});

describe("encode", () => {
  it.each([
    ["a checksum", undefined],
    ["a tag", SIGNING],
  ])("fills messages up to the limit of the transport, with %s, and not beyond", (_, signing) => {
    const tokyo = new PresenceSet({ replica: "tokyo" });
    for (let owner = 0; owner < 300; owner++) tokyo.join(owner, "lobby", `user ${owner}`.padEnd(10), {});
    const fullState = tokyo.catchUp("tokyo", Intervals.empty())!;
    const wants = Array.from({ length: 1_000 }, (_, at) => ({ replica: `${at}`, seen: Intervals.empty() }));
    const others = wants.map(({ replica, seen }) => ({ name: replica, id: replica, startedAt: 1, seen }));
    const seen = tokyo.seenOf("tokyo");
    const outgoings: OutgoingMessage[] = [
      { type: "delta", seen, operations: tokyo.takeOperations() },
      { type: "push", to: "paris", request: 1, fragments: [fullState] },
      { type: "heartbeat", seen, digest: 0, leaveDelayMs: 0, heartbeatIntervalMs: 0, others },
      { type: "pull", to: "paris", request: 1, wants },
    ];
    for (const outgoing of outgoings) {
      for (let limit = MIN_MESSAGE_BYTES; limit < MIN_MESSAGE_BYTES + 40; limit++) {
        const lengths = encode(outgoing, envelopeOf("tokyo"), limit, 1, signing).map(({ length }) => length);
        expect(Math.max(...lengths)).toBeLessThanOrEqual(limit);
        // A delta keeps room for a long `seen`.
        expect(Math.max(...lengths)).toBeGreaterThan(limit - 100);
      }
    }
  });

  it("refuses a message that no peer would accept", () => {
    const live = (topic: string, meta: Meta) => ({
      live: { dot: 1, owner: 1, topic, key: "alice", content: meta, replaced: 0 },
      leaves: [],
    });
    const seen = Intervals.range(1, 1);
    const unacceptable: OutgoingMessage[] = [
      { type: "delta", seen, operations: [live("", {})] },
      { type: "delta", seen, operations: [live("lobby", nested(33))] },
      { type: "pull", to: "n".repeat(256), request: 1, wants: [] },
      {
        type: "push",
        to: "paris",
        request: 1,
        fragments: [{ replica: "n".repeat(256), seen, live: [], leaves: [] }],
      },
      {
        type: "heartbeat",
        seen,
        digest: 0,
        leaveDelayMs: 0,
        heartbeatIntervalMs: 4_500,
        others: [{ name: "", id: "paris", startedAt: 1, seen }],
      },
    ];
    for (const outgoing of unacceptable) {
      expect(() => encode(outgoing, envelopeOf("tokyo"))).toThrow(expect.objectContaining({ code: "LIMIT" }));
    }
  });

  it("throws for a presence that no message can carry, instead of losing it", () => {
    const tokyo = new PresenceSet({ replica: "tokyo" });
    tokyo.join(1, "lobby", "alice", { photo: "x".repeat(4_000) });
    const outgoing = {
      type: "delta",
      seen: tokyo.seenOf("tokyo"),
      operations: tokyo.takeOperations(),
    } as const;
    expect(() => encode(outgoing, envelopeOf("tokyo"), MIN_MESSAGE_BYTES)).toThrow(
      expect.objectContaining({ code: "LIMIT" }),
    );
  });

  it.each([
    [
      "a transport whose messages are too short",
      envelopeOf("tokyo"),
      MIN_MESSAGE_BYTES - 1,
      "maxMessageBytes",
    ],
    ["a name that is too long", envelopeOf("é".repeat(128)), 10_000, "nameBytes"],
    ["an empty name", envelopeOf(""), 10_000, "nameBytes"],
  ])("refuses %s", (_, envelope, maxMessageBytes, limit) => {
    const encoding = () => encode({ type: "leaving", lingerMs: 0, lastDot: 0 }, envelope, maxMessageBytes);
    expect(encoding).toThrow(expect.objectContaining({ code: "LIMIT", limit }));
  });
});

function nested(depth: number): Meta {
  return depth === 1 ? {} : { inner: nested(depth - 1) };
}
