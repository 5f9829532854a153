import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fragment, Intervals, PresenceSet } from "../../src/crdt/index.ts";
import { MAX_DOT } from "../../src/crdt/intervals.ts";
import { PushAssembler } from "../../src/replication/push-assembler.ts";
import { ByteWriter } from "../../src/wire/byte-writer.ts";
import { decode, encode, type Handover, type ReplicaMessage } from "../../src/wire/index.ts";
import { seal, unseal } from "../../src/wire/seal.ts";
import { envelopes, mustDecode, outgoingMessages } from "../support/message-arbitraries.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";

/** Checks that a message with this content is refused with an expected error, or is well formed. */
function assertSound(content: Uint8Array): "refused" | "read" {
  const bytes = seal(content, undefined);
  const decoded = decode(bytes);
  if (!decoded.ok) {
    assert(["MALFORMED_MESSAGE", "FOREIGN_VERSION"].includes(decoded.error.code));
    assert.equal(decoded.error.cause, undefined, "the decoder itself does not fail");
    return "refused";
  }
  const { message } = decoded;
  assert(weight(message) <= bytes.length * 2, "the result is not much larger than the message");
  for (const fragment of fragmentsOf(message)) assertWellFormed(fragment);
  assertWellFormedHandover(handoverOf(message) ?? NO_HANDOVER);
  mergeInto(message);
  return "read";
}

function fragmentsOf(message: ReplicaMessage): readonly Fragment[] {
  if (message.type === "delta") return [message.fragment];
  return message.type === "push" ? message.fragments : [];
}

const NO_HANDOVER: Handover = { lastPendingLeave: 0, pendingLeaves: [], claims: [], answers: [] };

function handoverOf(message: ReplicaMessage): Handover | undefined {
  return message.type === "delta" || message.type === "heartbeat" ? message.handover : undefined;
}

/** The number of intervals, presences, leaves and records of the handover in the message. */
function weight(message: ReplicaMessage): number {
  const seens = [
    ...(message.type === "heartbeat" ? [message.seen, ...message.others.map(({ seen }) => seen)] : []),
    ...(message.type === "pull" ? message.wants.map(({ seen }) => seen) : []),
    ...(message.type === "delta" ? [message.seen] : []),
    ...fragmentsOf(message).map(({ seen }) => seen),
  ];
  const named = fragmentsOf(message).reduce((sum, { live, leaves }) => sum + live.length + leaves.length, 0);
  const { pendingLeaves, claims, answers } = handoverOf(message) ?? NO_HANDOVER;
  const records = pendingLeaves.length + claims.length + answers.length;
  return seens.reduce((sum, { runs }) => sum + runs, named + records);
}

function assertWellFormed({ seen, live, leaves }: Fragment): void {
  for (const [index, { dot, owner, topic, key, content, replaced }] of live.entries()) {
    assert(Number.isSafeInteger(dot) && dot >= 1 && dot <= MAX_DOT && seen.has(dot));
    assert(dot > (live[index - 1]?.dot ?? 0), "live dots rise");
    assert(
      Number.isSafeInteger(owner) &&
        owner >= 0 &&
        Number.isSafeInteger(replaced) &&
        replaced >= 0 &&
        replaced < dot,
    );
    assert(topic.length > 0 && key.length > 0);
    const text = JSON.stringify(content);
    assert.equal(JSON.stringify(JSON.parse(text)), text, "a meta is JSON");
  }
  for (const { leave, ended } of leaves) {
    assert(ended >= 1 && ended < leave && leave <= MAX_DOT && seen.has(leave) && seen.has(ended));
    assert(!live.some(({ dot }) => dot === ended || dot === leave));
  }
}

function assertWellFormedHandover({ lastPendingLeave, pendingLeaves, claims, answers }: Handover): void {
  assert(lastPendingLeave >= 0 && lastPendingLeave <= MAX_DOT);
  const numbers = [
    ...pendingLeaves,
    ...claims.map(({ number }) => number),
    ...answers.map(({ number }) => number),
  ];
  for (const number of numbers) assert(Number.isSafeInteger(number) && number >= 1 && number <= MAX_DOT);
  for (const { replica, upTo, topic, key } of claims) {
    assert(replica === undefined ? upTo === 0 : replica.length > 0);
    assert(Number.isSafeInteger(upTo) && upTo >= 0 && upTo <= MAX_DOT);
    assert(topic.length > 0 && key.length > 0);
  }
  for (const { claimer, isGranted } of answers) assert(claimer.length > 0 && typeof isGranted === "boolean");
}

/** Merges the message into a set. This must keep what was there, and return. */
function mergeInto(message: ReplicaMessage): void {
  const set = new PresenceSet({ replica: "tokyo" });
  set.join(1, "lobby", "alice", {});
  const toMerge =
    message.type === "push"
      ? new PushAssembler().receive({ ...message, parts: 1, part: 0, addingParts: 0 })
      : fragmentsOf(message);
  for (const fragment of toMerge) {
    set.show(fragment.replica);
    set.merge(fragment);
    set.catchUp(fragment.replica, Intervals.empty());
  }
  assert(set.getByKey("lobby", "alice").some(({ phx_ref }) => phx_ref === "tokyo.1"));
}

/** The contents of real messages. */
const real: fc.Arbitrary<Uint8Array> = fc
  .tuple(outgoingMessages, envelopes)
  .map(([outgoing, envelope]) => encode(outgoing, envelope)[0])
  .filter((bytes) => bytes !== undefined)
  .map((bytes) => unseal(bytes, undefined).slice());

describe("the decoder", () => {
  it("refuses random bytes, or returns a well-formed message", () => {
    const tail = fc.uint8Array({ maxLength: 200, size: "max" });
    const plausible = fc
      .tuple(fc.integer({ min: 1, max: 5 }), tail)
      .map(([kind, rest]) => Uint8Array.of(1, 1, 0, kind, 1, 2, 97, 2, 98, 1, ...rest));
    fc.assert(
      fc.property(fc.oneof(tail, plausible), (bytes) => void assertSound(bytes)),
      { numRuns: PROPERTY_RUNS * 10 },
    );
  });

  it("refuses every truncated message", () => {
    fc.assert(
      fc.property(
        real,
        fc.array(fc.nat(), { minLength: 20, maxLength: 20, size: "max" }),
        (bytes, places) => {
          for (const place of places)
            assert.equal(assertSound(bytes.slice(0, place % bytes.length)), "refused");
        },
      ),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("refuses messages with flipped bits, or returns well-formed ones", () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 4 });
    const outcomes = { refused: 0, read: 0 };
    fc.assert(
      fc.property(real, flips, (bytes, places) => {
        const flipped = bytes.slice();
        for (const [place, bit] of places) flipped[place % flipped.length]! ^= 1 << bit;
        outcomes[assertSound(flipped)]++;
      }),
      { numRuns: PROPERTY_RUNS * 4 },
    );
    expect(outcomes.refused).toBeGreaterThan(0);
    expect(outcomes.read).toBeGreaterThan(0);
  });

  it("refuses bytes after the end of a message", () => {
    fc.assert(
      fc.property(real, fc.uint8Array({ minLength: 1, maxLength: 3 }), (bytes, more) => {
        assert.equal(assertSound(Uint8Array.of(...bytes, ...more)), "refused");
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it.each([
    [2, "FOREIGN_VERSION", "version 2"],
    [0, "FOREIGN_VERSION", "version 0"],
  ])("reports version %i as foreign", (version, code, words) => {
    const decoded = decode(Uint8Array.of(version, version, 0, 1, 2, 3));
    expect(decoded).toMatchObject({ ok: false, error: { code, version } });
    expect(decoded.ok ? "" : decoded.error.message).toContain(words);
  });

  it("does not keep the bytes, so the transport may use them again", () => {
    const tokyo = new PresenceSet({ replica: "tokyo" });
    tokyo.join(1, "lobby", "alice", { device: "phone" });
    const sender = { name: "tokyo", id: "tokyo", startedAt: 1 };
    const [bytes] = encode(
      { type: "delta", seen: tokyo.seenOf("tokyo"), operations: tokyo.takeOperations() },
      { sender, counter: 1 },
    );
    const message = mustDecode(bytes!);
    bytes!.fill(0);
    expect(message).toMatchObject({
      sender,
      fragment: { live: [{ topic: "lobby", key: "alice", content: { device: "phone" } }] },
    });
  });
});

type Write = (writer: ByteWriter) => void;

/** The content of a message that is well formed, except for the bytes that `write` writes. */
function crafted(kind: number, write: Write): Uint8Array {
  const writer = new ByteWriter();
  for (const byte of [1, 1, 0, kind, 1]) writer.byte(byte);
  writer.text(writer.names, "paris");
  writer.text(writer.names, "paris-1");
  writer.number(1);
  write(writer);
  return writer.bytes();
}
/** A `leaving` with this counter. */
function counted(counter: number): Uint8Array {
  return unseal(
    encode({ type: "leaving", lingerMs: 0, lastDot: 0 }, { sender: PARIS, counter })[0]!,
    undefined,
  );
}

/** A `leaving` of a sender that started at this time. */
function startedAt(time: number): Uint8Array {
  const sender = { ...PARIS, startedAt: time };
  return unseal(encode({ type: "leaving", lingerMs: 0, lastDot: 0 }, { sender, counter: 1 })[0]!, undefined);
}

const PARIS = { name: "paris", id: "paris-1", startedAt: 1 };

const numbers =
  (...values: number[]): Write =>
  (writer) => {
    for (const value of values) writer.number(value);
  };
const bytes =
  (...values: number[]): Write =>
  (writer) => {
    for (const value of values) writer.byte(value);
  };
const inOrder =
  (...writes: Write[]): Write =>
  (writer) => {
    for (const write of writes) write(writer);
  };

const delta = (records: Write) => crafted(1, inOrder(records, bytes(0), numbers(1, 0, 0), bytes(0)));
const heartbeat = (intervals: Write) => crafted(2, inOrder(intervals, bytes(0, 0, 0, 0, 0, 0, 0, 0)));
const heartbeatOf = (others: Write) => crafted(2, inOrder(bytes(0, 0, 0, 0, 0, 0, 0), others, bytes(0, 0)));
/** A delta with no operation, and a heartbeat, that end with this handover. */
const deltaWith = (handover: Write) => crafted(1, inOrder(bytes(0, 0), handover));
const heartbeatWith = (handover: Write) => crafted(2, inOrder(bytes(0, 0, 0, 0, 0, 0, 0, 0), handover));
const otherStartedAt = (time: number) => inOrder(bytes(2, 99, 2, 100), numbers(time, 0));
const pullFrom = (to: Write) => crafted(3, inOrder(to, bytes(1, 0)));
const push = (end: Write) => crafted(4, inOrder(bytes(5, 1, 0), end));
const leaving = (contents: Write) => crafted(5, contents);

/** The tag of a record: the difference of its dot to the previous one, and its kind. */
const tag = (kind: number, difference: number) =>
  (difference < 0 ? -2 * difference - 1 : 2 * difference) * 4 + kind;
const [INTERVAL, JOIN, LEAVE] = [0, 1, 3];
const joinAt =
  (difference: number, meta = "{}"): Write =>
  (writer) => {
    writer.number(tag(JOIN, difference));
    writer.difference(1);
    writer.text(writer.topics, "lobby");
    writer.text(writer.keys, "alice");
    writer.text(writer.metas, meta);
  };

const [LAST, PENDING, CLAIM, ANSWER] = [0, 1, 2, 3];
/** A claim with this number on paris, up to the pending leave `target` - 1. */
const claim = (number: number, target: number) =>
  inOrder(numbers(tag(CLAIM, number), target), bytes(...(target > 0 ? [3] : []), 2, 97, 2, 98));

describe("the longest possible interval", () => {
  it("is merged at once, next to a live presence", () => {
    const longest = delta(inOrder(joinAt(1), numbers(tag(INTERVAL, 1), MAX_DOT - 2)));
    const set = new PresenceSet({ replica: "tokyo" });
    set.show("paris-1");
    const alice = mustDecode(seal(delta(joinAt(1)), undefined));
    const all = mustDecode(seal(longest, undefined));
    assert(alice.type === "delta" && all.type === "delta");
    assert(all.fragment.seen.equals(Intervals.range(1, MAX_DOT)));
    set.merge(alice.fragment);
    expect(set.merge(all.fragment)).toEqual({ joins: [], leaves: [] });
    expect(set.merge({ ...all.fragment, live: [] }).leaves).toHaveLength(1);
    assertSound(longest);
  });
});

describe("a malformed message", () => {
  it.each<[string, string, Uint8Array]>([
    ["an interval up to 2^53", "ends above", heartbeat(numbers(10, MAX_DOT - 1, 0))],
    [
      "an interval that starts at 2^53 - 1",
      "a number is above",
      heartbeat(numbers(Number.MAX_SAFE_INTEGER, 0, 0)),
    ],
    ["intervals that touch", "touch", heartbeat(numbers(1, 0, 1, 0, 0))],
    [
      "a number of nine bytes",
      "a number is above",
      leaving(bytes(255, 255, 255, 255, 255, 255, 255, 255, 127)),
    ],
    ["a number padded with zero bits", "longer than it needs", leaving(bytes(129, 128, 0))],
    ["a number that never ends", "a number is above", leaving(bytes(...new Array(64).fill(128)))],
    ["a string of a tebibyte in UTF-8", "more than the message has left", pullFrom(numbers(2 ** 41))],
    ["a string of a tebibyte in UTF-16", "more than the message has left", pullFrom(numbers(1, 2 ** 40))],
    ["a string that is one byte short", "more than the message has left", pullFrom(bytes(8, 97))],
    ["a string at a position that does not exist", "refers to position", pullFrom(numbers(99))],
    ["a string that is not UTF-8", "not UTF-8", pullFrom(bytes(2, 255))],
    ["a string in UTF-16 that could be UTF-8", "written as UTF-16", pullFrom(bytes(1, 1, 0, 97))],
    ["an empty name", "a string is empty", pullFrom(bytes(0))],
    [
      "a name of 300 characters",
      "a name is longer",
      pullFrom((writer) => writer.text(writer.names, "n".repeat(300))),
    ],
    ["a replica with two fragments", "named twice", crafted(4, bytes(5, 1, 2, 99, 0, 7, 0, 0, 0, 1, 0))],
    ["a pull that names a replica twice", "named twice", crafted(3, bytes(5, 1, 2, 99, 0, 7, 0, 0))],
    [
      "a heartbeat that lists a replica twice",
      "named twice",
      heartbeatOf(bytes(2, 99, 2, 100, 1, 0, 7, 9, 1, 0)),
    ],
    ["a counter near 2^53", "a number is above", counted(2 ** 53 - 2)],
    ["a counter of 2^50", "a number is above", counted(2 ** 50)],
    ["a start time near 2^53", "a number is above", startedAt(2 ** 53 - 1)],
    ["a start time of 2^50", "a number is above", startedAt(2 ** 50)],
    ["another replica that started near 2^53", "a number is above", heartbeatOf(otherStartedAt(2 ** 53 - 1))],
    [
      "a pull with a number near 2^53",
      "a number is above",
      crafted(3, inOrder(bytes(5), numbers(2 ** 53 - 1, 0))),
    ],
    [
      "a push with a number near 2^53",
      "a number is above",
      crafted(4, inOrder(bytes(5), numbers(2 ** 53 - 1))),
    ],
    ["a push of 2^25 parts", "a number is above", push(numbers(0, 2 ** 25, 0))],
    ["a linger of more than 2^30 ms", "a number is above", leaving(numbers(2 ** 30 + 1, 0))],
    ["a last dot of more than 2^50 - 1", "a number is above", leaving(numbers(0, 2 ** 50))],
    [
      "a leave delay of more than 2^30 ms",
      "a number is above",
      crafted(2, inOrder(bytes(0, 0, 0, 0, 0), numbers(2 ** 30 + 1, 0))),
    ],
    [
      "a name of 100 characters of 3 bytes",
      "a name is longer",
      pullFrom((writer) => writer.text(writer.names, "鍵".repeat(100))),
    ],
    ["part 1 of 1", "is impossible", push(numbers(1, 1, 0))],
    ["only adding parts", "is impossible", push(numbers(0, 1, 1))],
    ["a kind that does not exist", "is unknown", crafted(9, numbers(0))],
    ["a meta that is not JSON", "is not JSON", delta(joinAt(1, "{"))],
    ["a meta that is an array", "not an object", delta(joinAt(1, "[1]"))],
    ["a meta that is null", "not an object", delta(joinAt(1, "null"))],
    [
      "a meta that nests 33 levels deep",
      "nests deeper",
      delta(joinAt(1, `${'{"a":'.repeat(32)}{}${"}".repeat(32)}`)),
    ],
    [
      "a meta that nests 100 000 levels deep",
      "nests deeper",
      delta(joinAt(1, `{"a":${"[".repeat(1e5)}${"]".repeat(1e5)}}`)),
    ],
    ["a meta with an infinite number", "too large", delta(joinAt(1, '{"a":[1e999]}'))],
    ["event number 0", "an event number is not", delta(joinAt(0))],
    ["an event number above 2^50", "a number is above", delta(joinAt(MAX_DOT + 1))],
    ["an owner below 0", "an owner is not", delta(inOrder(joinAt(1), numbers(tag(JOIN, 1), 7, 3, 3, 3)))],
    ["a leave of a later event", "is not before it", delta(numbers(tag(LEAVE, 2), 2))],
    ["a leave of itself", "is not before it", delta(numbers(tag(LEAVE, 2), 0))],
    ["the same leave twice", "named twice", delta(numbers(tag(LEAVE, 2), 1, tag(LEAVE, 0), 1))],
    [
      "an event that is both live and ended",
      "named twice",
      delta(inOrder(joinAt(1), numbers(tag(LEAVE, 1), 1))),
    ],
    ["intervals that descend", "overlaps", delta(numbers(tag(INTERVAL, 5), 3, tag(INTERVAL, -5), 0))],
    ["an interval of events that ends above 2^50", "ends above", delta(numbers(tag(INTERVAL, 5), MAX_DOT))],
    ["a pending leave of event number 0", "is not from 1", deltaWith(bytes(tag(PENDING, 0), 0))],
    [
      "a pending leave above 2^50",
      "is not from 1",
      heartbeatWith(numbers(tag(PENDING, 2), tag(PENDING, MAX_DOT), 0)),
    ],
    [
      "pending leaves that fall below 1",
      "is not from 1",
      deltaWith(bytes(tag(PENDING, 2), tag(PENDING, -2), 0)),
    ],
    ["2^50 pending leaves so far", "is not from 1", deltaWith(numbers(tag(LAST, 2), tag(LAST, MAX_DOT), 0))],
    ["a claim with the number 0", "is not from 1", deltaWith(inOrder(claim(0, 0), bytes(0)))],
    [
      "a claim of a pending leave above 2^50",
      "a number is above",
      deltaWith(inOrder(claim(1, MAX_DOT + 2), bytes(0))),
    ],
    ["a claim without a key", "the message ends too early", deltaWith(bytes(tag(CLAIM, 1), 0, 2, 97))],
    ["a claim with an empty topic", "a string is empty", deltaWith(bytes(tag(CLAIM, 1), 0, 0, 2, 97, 0))],
    [
      "a claim on a replica with a name of 300 characters",
      "a name is longer",
      heartbeatWith((writer) => {
        for (const number of [tag(CLAIM, 1), 1]) writer.number(number);
        writer.text(writer.names, "n".repeat(300));
      }),
    ],
    ["an answer that is neither yes nor no", "neither yes nor no", deltaWith(bytes(tag(ANSWER, 1), 3, 2, 0))],
    ["a handover that does not end", "the message ends too early", deltaWith(bytes(tag(PENDING, 1)))],
    ["a heartbeat without the end of the handover", "the message ends too early", heartbeatWith(bytes())],
    ["another shard", "shard 2 is unknown", leaving(numbers(0, 0)).with(2, 2)],
    [
      "a sender that does not speak the version that it writes",
      "speaks at most version 0, so it cannot have written version 1",
      leaving(numbers(0, 0)).with(1, 0),
    ],
  ])("is refused with a reason: %s", (_, reason, message) => {
    expect(assertSound(message)).toBe("refused");
    expect(decode(seal(message, undefined))).toMatchObject({
      error: { message: expect.stringContaining(reason) },
    });
  });

  it("is accepted once it is well formed", () => {
    const deepest = `${'{"a":'.repeat(31)}{}${"}".repeat(31)}`;
    const sound = [
      heartbeat(numbers(10, MAX_DOT - 10, 0)),
      heartbeat(numbers(1, 0, 2, 0, 0)),
      leaving(numbers(2 ** 30, 2 ** 50 - 1)),
      counted(2 ** 50 - 1),
      startedAt(2 ** 50 - 1),
      heartbeatOf(otherStartedAt(2 ** 50 - 1)),
      push(numbers(0, 2 ** 24, 0)),
      pullFrom(bytes(2, 97)),
      pullFrom(bytes(1, 1, 216, 0)),
      push(numbers(1, 2, 1)),
      delta(joinAt(1, deepest)),
      delta(joinAt(MAX_DOT)),
      delta(inOrder(joinAt(1), numbers(tag(LEAVE, 2), 1))),
      delta(numbers(tag(INTERVAL, 5), 3, tag(INTERVAL, 5), 0)),
      deltaWith(inOrder(numbers(tag(LAST, MAX_DOT), tag(PENDING, MAX_DOT), tag(PENDING, -1)), bytes(0))),
      heartbeatWith(inOrder(claim(MAX_DOT, MAX_DOT + 1), claim(-1, 1), claim(1, 0), bytes(0))),
      deltaWith(bytes(tag(ANSWER, 7), 3, 1, tag(ANSWER, 0), 5, 0, 0)),
    ];
    expect(sound.map(assertSound)).toEqual(sound.map(() => "read"));
  });
});
