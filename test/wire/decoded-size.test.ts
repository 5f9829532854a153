import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fragment, Intervals, PresenceSet } from "../../src/crdt/index.ts";
import type { Meta } from "../../src/payload.ts";
import { PushAssembler } from "../../src/replication/push-assembler.ts";
import { ByteWriter } from "../../src/wire/byte-writer.ts";
import { MIN_MESSAGE_BYTES } from "../../src/wire/format.ts";
import { decode, encode, type ReplicaMessage } from "../../src/wire/index.ts";
import { seal } from "../../src/wire/seal.ts";
import { mustDecode } from "../support/message-arbitraries.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";

const sender = { name: "tokyo", id: "tokyo", startedAt: 1 };
const MAX_BYTES = 65_536;

function fragmentsOf(message: ReplicaMessage): readonly Fragment[] {
  if (message.type === "delta") return [message.fragment];
  return message.type === "push" ? message.fragments : [];
}

/** Everything that the message decodes to, as characters of text, with 16 for each interval, presence and leave. */
function decodedSize(message: ReplicaMessage): number {
  const texts = new Map<Meta, number>();
  const lengthOf = (meta: Meta) => {
    const known = texts.get(meta) ?? JSON.stringify(meta).length;
    texts.set(meta, known);
    return known;
  };
  let size = message.sender.name.length + message.sender.id.length;
  const add = (seen: Intervals) => {
    size += 16 * seen.runs;
  };
  for (const { replica, seen, live, leaves } of fragmentsOf(message)) {
    size += replica.length + 16 * (live.length + leaves.length);
    add(seen);
    for (const { topic, key, content } of live) size += topic.length + key.length + lengthOf(content);
  }
  if (message.type === "heartbeat" || message.type === "delta") add(message.seen);
  if (message.type === "heartbeat") {
    for (const { id, name, seen } of message.others) {
      size += id.length + name.length + 16;
      add(seen);
    }
  }
  if (message.type === "heartbeat" || message.type === "delta") {
    const { pendingLeaves = [], claims = [], answers = [] } = message.handover ?? {};
    size += 16 * (pendingLeaves.length + claims.length + answers.length);
    for (const { replica, topic, key } of claims) size += (replica ?? "").length + topic.length + key.length;
    for (const { claimer } of answers) size += claimer.length;
  }
  if (message.type === "pull") {
    for (const { replica, seen } of message.wants) {
      size += replica.length + 16;
      add(seen);
    }
  }
  return size;
}

/** The bound that the decoder promises: 33 characters for each byte of text, 16 for each of anything else, and 65 536. */
function assertBounded(bytes: Uint8Array): "read" | "refused" {
  const decoded = decode(bytes);
  if (!decoded.ok) return "refused";
  const size = decodedSize(decoded.message);
  assert(size <= 65_536 + 49 * bytes.length, `${bytes.length} bytes decode to ${size}`);
  return "read";
}

/** Writes joins that refer to the same topic, key and meta as often as these bytes allow. */
function repeatingDelta({
  meta,
  topic,
  key,
  joins,
}: {
  meta: string;
  topic: string;
  key: string;
  joins: number;
}): Uint8Array {
  const writer = new ByteWriter();
  for (const byte of [1, 1, 0, 1, 1]) writer.byte(byte);
  writer.text(writer.names, "tokyo");
  writer.text(writer.names, "tokyo");
  writer.number(1);
  for (let join = 0; join < joins; join++) {
    writer.number(9);
    writer.number(2);
    if (join === 0) {
      writer.text(writer.topics, topic);
      writer.text(writer.keys, key);
      writer.text(writer.metas, meta);
    } else for (const _ of ["topic", "key", "meta"]) writer.byte(3);
  }
  for (const endOfRecordsSeenOrHandover of [0, 0, 0]) writer.byte(endOfRecordsSeenOrHandover);
  return seal(writer.bytes(), undefined);
}

/** Enough for messages that are read and messages that are refused, also where CI asks for few runs. */
const RUNS = Math.max(PROPERTY_RUNS, 300);

const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 9_000 }, (_, at) => [`m${at}`, at])));

describe("a message that decodes to far more than its bytes", () => {
  it.each([
    ["20 000 joins that share a meta of 100 kB", { meta: wide, topic: "lobby", key: "alice", joins: 20_000 }],
    ["joins that share a long topic", { meta: "{}", topic: "t".repeat(10_000), key: "alice", joins: 9_000 }],
    ["joins that share a long key", { meta: "{}", topic: "lobby", key: "k".repeat(10_000), joins: 9_000 }],
  ])("is malformed: %s", (_, options) => {
    expect(decode(repeatingDelta(options))).toMatchObject({
      ok: false,
      error: { code: "MALFORMED_MESSAGE", message: expect.stringContaining("repeated too often") },
    });
  });

  it("is read up to the bound", () => {
    const options = { meta: "{}", topic: "t".repeat(100), key: "alice", joins: 9_000 };
    expect(assertBounded(repeatingDelta(options))).toBe("read");
  });
});

describe("any bytes up to 64 kB", () => {
  const items = fc.array(
    fc.oneof(
      fc.constantFrom([3], [5], [3, 3, 3], [9, 2, 3, 3, 3], [1, 1], [2, 97], [2, 98, 3, 1, 0], [0]),
      fc.uint8Array({ maxLength: 6 }).map((bytes) => [...bytes]),
    ),
    { minLength: 1, maxLength: 30 },
  );
  const heads = fc.tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.constantFrom("{}", wide.slice(0, 3_000), wide),
    fc.nat(20_000),
  );

  it("decode to a bounded amount, or are refused: also those that repeat short patterns many times", () => {
    const outcomes = { read: 0, refused: 0 };
    fc.assert(
      fc.property(
        heads,
        items,
        fc.array(fc.constantFrom(0, 1), { maxLength: 4 }),
        ([kind, meta, times], pattern, end) => {
          const writer = new ByteWriter();
          for (const byte of [1, 1, 0, kind, 1]) writer.byte(byte);
          writer.text(writer.names, "tokyo");
          writer.text(writer.names, "paris");
          writer.number(1);
          if (kind === 3 || kind === 4) for (const byte of [5, 1]) writer.byte(byte);
          if (kind === 1) {
            for (const byte of [9, 2]) writer.byte(byte);
            for (const [table, text] of [
              [writer.topics, "t".repeat(255)],
              [writer.keys, "k"],
              [writer.metas, meta],
            ] as const)
              writer.text(table, text);
          }
          const repeated = pattern.flat();
          for (let at = 0; at < times && writer.length + repeated.length < MAX_BYTES; at++)
            for (const byte of repeated) writer.byte(byte);
          for (const byte of [...end, 0, 0, 0]) writer.byte(byte);
          outcomes[assertBounded(seal(writer.bytes(), undefined))]++;
        },
      ),
      { numRuns: RUNS },
    );
    expect(outcomes.refused).toBeGreaterThan(0);
  });

  it("decode to a bounded amount as joins that repeat strings of any length", () => {
    const outcomes = { read: 0, refused: 0 };
    const lengths = fc.tuple(
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 400 }),
      fc.nat(2_000),
    );
    fc.assert(
      fc.property(lengths, fc.nat(12_000), ([topic, key, meta], joins) => {
        const options = {
          topic: "t".repeat(topic),
          key: "k".repeat(key),
          meta: `{"m":"${"m".repeat(meta)}"}`,
          joins,
        };
        outcomes[assertBounded(repeatingDelta(options))]++;
      }),
      { numRuns: Math.ceil(RUNS / 5) },
    );
    expect(outcomes.read).toBeGreaterThan(0);
    expect(outcomes.refused).toBeGreaterThan(0);
  });
});

describe("what an honest node sends is never too much", () => {
  /** Presences that share topic, key and meta, as the wire allows it. */
  function tokyoWith(presences: number, meta: Meta): PresenceSet {
    const tokyo = new PresenceSet({ replica: "tokyo" });
    for (let owner = 0; owner < presences; owner++) tokyo.join(owner, "lobby", "readers", meta);
    return tokyo;
  }

  function received(messages: readonly Uint8Array[]): number {
    const paris = new PresenceSet({ replica: "paris" });
    paris.show("tokyo");
    const assembler = new PushAssembler();
    for (const bytes of messages) {
      const message = mustDecode(bytes);
      for (const fragment of message.type === "push" ? assembler.receive(message) : fragmentsOf(message))
        paris.merge(fragment);
    }
    return paris.count("lobby");
  }

  it.each([
    ["an empty meta", 5_000, 0],
    ["a meta of 1 kB", 2_000, 1_000],
    ["a meta of the default maxMetaBytes", 1_000, 4_000],
    ["a meta of 100 kB", 100, 100_000],
    ["a meta of 10 MB", 3, 10_000_000],
  ])("with %s that all presences share", (_, presences, length) => {
    const tokyo = tokyoWith(presences, length === 0 ? {} : { note: "n".repeat(length - 11) });
    const envelope = { sender, counter: 1 };
    const delta = { type: "delta", seen: tokyo.seenOf("tokyo"), operations: tokyo.takeOperations() } as const;
    const push = {
      type: "push",
      to: "paris",
      request: 1,
      fragments: [tokyo.catchUp("tokyo", Intervals.empty())!],
    } as const;
    const limits = [undefined, Math.max(MIN_MESSAGE_BYTES, 2 * length), length + MIN_MESSAGE_BYTES];
    for (const outgoing of [delta, push]) {
      for (const maxMessageBytes of limits)
        expect(received(encode(outgoing, envelope, maxMessageBytes))).toBe(presences);
    }
  });

  it("with any metas, topics and keys that repeat in any order", () => {
    const presence = fc.tuple(fc.nat(3), fc.nat(3), fc.constantFrom(1, 100, 3_000, 30_000));
    fc.assert(
      fc.property(fc.array(presence, { minLength: 1, maxLength: 200, size: "max" }), (presences) => {
        const tokyo = new PresenceSet({ replica: "tokyo" });
        for (const [owner, [topic, key, length]] of presences.entries())
          tokyo.join(owner, "lobby".padEnd(5 + topic * 300, "y"), `${key}`.repeat(1 + key * 200), {
            note: `${key}`.repeat(length),
          });
        const operations = tokyo.takeOperations();
        for (const bytes of encode(
          { type: "delta", seen: tokyo.seenOf("tokyo"), operations },
          { sender, counter: 1 },
        ))
          assert.equal(assertBounded(bytes), "read");
      }),
      { numRuns: Math.ceil(RUNS / 5) },
    );
  });

  it("and ordinary messages refer to every repeated string, as before", () => {
    const tokyo = tokyoWith(1_000, { device: "phone" });
    const delta = { type: "delta", seen: tokyo.seenOf("tokyo"), operations: tokyo.takeOperations() } as const;
    const [bytes] = encode(delta, { sender, counter: 1 });
    expect(bytes!.length).toBeLessThan(5 * 1_000 + 100);
  });
});
