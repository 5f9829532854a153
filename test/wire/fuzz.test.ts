import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fragment, Intervals, PresenceSet } from "../../src/crdt/index.ts";
import { MAX_DOT } from "../../src/crdt/intervals.ts";
import { decode, encode, type Message } from "../../src/wire/index.ts";
import { Writer } from "../../src/wire/writer.ts";
import { envelopes, mustDecode, outgoings } from "../support/messages.ts";
import { RUNS } from "../support/runs.ts";

/** A message refused, with an error of ours and nothing unforeseen behind it; or one that keeps every promise. */
function assertSound(bytes: Uint8Array): "refused" | "read" {
  const decoded = decode(bytes);
  if (!decoded.ok) {
    assert(["MALFORMED_MESSAGE", "FOREIGN_VERSION"].includes(decoded.error.code));
    assert.equal(decoded.error.cause, undefined, "nothing unforeseen happened");
    return "refused";
  }
  const { message } = decoded;
  assert(weight(message) <= bytes.length * 2, "no more is made of a message than was in it");
  for (const fragment of fragmentsOf(message)) assertWellFormed(fragment);
  mergeInto(message);
  return "read";
}

function fragmentsOf(message: Message): readonly Fragment[] {
  if (message.type === "delta") return [message.fragment];
  return message.type === "push" ? message.fragments : [];
}

/** How many things the message names. */
function weight(message: Message): number {
  const seens = [
    ...(message.type === "heartbeat" ? [message.seen, ...message.others.map(({ seen }) => seen)] : []),
    ...(message.type === "pull" ? message.wants.map(({ seen }) => seen) : []),
    ...(message.type === "delta" ? [message.seen] : []),
    ...fragmentsOf(message).map(({ seen }) => seen),
  ];
  const named = fragmentsOf(message).reduce((sum, { live, leaves }) => sum + live.length + leaves.length, 0);
  return seens.reduce((sum, { runs }) => sum + runs, named);
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
  for (const { leave, dead } of leaves) {
    assert(dead >= 1 && dead < leave && leave <= MAX_DOT && seen.has(leave) && seen.has(dead));
    assert(!live.some(({ dot }) => dot === dead || dot === leave));
  }
}

/** Merging it harms nothing that was there, and does not take for ever. */
function mergeInto(message: Message): void {
  const set = new PresenceSet({ replica: "tokyo" });
  set.join(1, "lobby", "alice", {});
  for (const fragment of fragmentsOf(message)) {
    set.show(fragment.replica);
    set.merge(fragment);
    set.catchUp(fragment.replica, Intervals.empty());
  }
  assert(set.getByKey("lobby", "alice").some(({ phx_ref }) => phx_ref === "tokyo.1"));
}

const real: fc.Arbitrary<Uint8Array> = fc
  .tuple(outgoings, envelopes)
  .map(([outgoing, envelope]) => encode(outgoing, envelope)[0] ?? new Uint8Array());

describe("the decoder", () => {
  it("refuses random bytes, or makes a well-formed message of them", () => {
    const tail = fc.uint8Array({ maxLength: 200, size: "max" });
    const plausible = fc
      .tuple(fc.integer({ min: 1, max: 5 }), tail)
      .map(([kind, rest]) => Uint8Array.of(1, 0, kind, 1, 2, 97, 2, 98, 1, ...rest));
    fc.assert(
      fc.property(fc.oneof(tail, plausible), (bytes) => void assertSound(bytes)),
      { numRuns: RUNS * 10 },
    );
  });

  it("refuses every truncation of a real message", () => {
    fc.assert(
      fc.property(
        real,
        fc.array(fc.nat(), { minLength: 20, maxLength: 20, size: "max" }),
        (bytes, places) => {
          for (const place of places) {
            const length = bytes.length === 0 ? 0 : place % bytes.length;
            assert.equal(assertSound(bytes.slice(0, length)), "refused");
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("refuses real messages with bits flipped, or makes well-formed ones of them", () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 4 });
    const outcomes = { refused: 0, read: 0 };
    fc.assert(
      fc.property(real, flips, (bytes, places) => {
        const flipped = bytes.slice();
        for (const [place, bit] of places)
          if (flipped.length > 0) flipped[place % flipped.length]! ^= 1 << bit;
        outcomes[assertSound(flipped)]++;
      }),
      { numRuns: RUNS * 4 },
    );
    expect(outcomes.refused).toBeGreaterThan(0);
    expect(outcomes.read).toBeGreaterThan(0);
  });

  it("refuses bytes behind the end of a message", () => {
    fc.assert(
      fc.property(real, fc.uint8Array({ minLength: 1, maxLength: 3 }), (bytes, more) => {
        assert.equal(assertSound(Uint8Array.of(...bytes, ...more)), "refused");
      }),
      { numRuns: RUNS },
    );
  });

  it.each([
    [2, "FOREIGN_VERSION", "version 2"],
    [0, "FOREIGN_VERSION", "version 0"],
  ])("says of version %i that it is foreign", (version, code, words) => {
    const decoded = decode(Uint8Array.of(version, 0, 1, 2, 3));
    expect(decoded).toMatchObject({ ok: false, error: { code, version } });
    expect(decoded.ok ? "" : decoded.error.message).toContain(words);
  });

  it("does not keep the bytes it was given: the transport may use them again", () => {
    const tokyo = new PresenceSet({ replica: "tokyo" });
    tokyo.join(1, "lobby", "alice", { device: "phone" });
    const sender = { name: "tokyo", id: "tokyo", startedAt: 1 };
    const [bytes] = encode(
      { type: "delta", seen: tokyo.seenOf("tokyo"), steps: tokyo.takeSteps() },
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

describe("a message that claims more than it is", () => {
  /** A message up to its body, and what `write` puts there. */
  function crafted(kind: number, write: (writer: Writer) => void): Uint8Array {
    const writer = new Writer();
    for (const byte of [1, 0, kind, 1]) writer.byte(byte);
    writer.text(writer.names, "paris");
    writer.text(writer.names, "paris-1");
    writer.number(1);
    write(writer);
    return writer.bytes();
  }
  const numbers =
    (...values: number[]) =>
    (writer: Writer) => {
      for (const value of values) writer.number(value);
    };
  const rawBytes =
    (...values: number[]) =>
    (writer: Writer) => {
      for (const value of values) writer.byte(value);
    };
  const lastByte = (writer: Writer) => writer.byte(0);
  const record = (kind: number, dot: number) => dot * 8 + kind;
  const join = (writer: Writer, meta: string) => {
    writer.number(record(1, 1));
    writer.difference(1);
    writer.text(writer.topics, "lobby");
    writer.text(writer.keys, "alice");
    writer.text(writer.metas, meta);
    lastByte(writer);
    writer.intervals(Intervals.range(1, 1));
  };

  it("is read, and merged at once, with the longest interval there is", () => {
    const bytes = crafted(1, (writer) => {
      writer.number(record(0, 1));
      writer.number(MAX_DOT - 1);
      lastByte(writer);
      writer.intervals(Intervals.range(1, MAX_DOT));
    });
    const message = mustDecode(bytes);
    assert(message.type === "delta" && message.fragment.seen.equals(Intervals.range(1, MAX_DOT)));
    assertSound(bytes);
  });

  it.each<[string, number, (writer: Writer) => void]>([
    ["an interval up to 2^53", 2, numbers(1, Number.MAX_SAFE_INTEGER)],
    ["an interval that starts at 2^53 - 1", 2, (writer) => writer.number(Number.MAX_SAFE_INTEGER)],
    ["intervals that touch", 2, numbers(1, 0, 1, 0, 0)],
    ["a number of nine bytes", 5, rawBytes(255, 255, 255, 255, 255, 255, 255, 255, 127)],
    ["a number padded with nothing", 5, rawBytes(128, 128, 128, 0)],
    ["a number that never ends", 5, rawBytes(...new Array(64).fill(128))],
    ["a string of a tebibyte", 3, (writer) => writer.number(2 ** 41)],
    ["a string at a place that is not taken", 3, (writer) => writer.number(99)],
    ["a string of a tebibyte in UTF-16", 3, numbers(1, 2 ** 40)],
    ["a string that is not UTF-8", 3, rawBytes(2, 255, 1, 0)],
    ["an empty name", 3, rawBytes(0, 1, 0)],
    [
      "a name of 300 characters",
      3,
      (writer) => {
        writer.text(writer.names, "n".repeat(300));
        rawBytes(1, 0)(writer);
      },
    ],
    ["part 1 of 1", 4, rawBytes(5, 1, 0, 1, 1, 0)],
    ["only adding parts", 4, rawBytes(5, 1, 0, 0, 1, 1)],
    ["a kind that does not exist", 9, lastByte],
    ["a meta that is no JSON", 1, (writer) => join(writer, "{")],
    ["a meta that is an array", 1, (writer) => join(writer, "[1]")],
    ["a meta that is null", 1, (writer) => join(writer, "null")],
    ["a meta that nests 33 deep", 1, (writer) => join(writer, `${'{"a":'.repeat(32)}{}${"}".repeat(32)}`)],
    [
      "a meta that nests 100 000 deep",
      1,
      (writer) => join(writer, `{"a":${"[".repeat(1e5)}${"]".repeat(1e5)}}`),
    ],
    ["a meta with an infinite number", 1, (writer) => join(writer, '{"a":1e999}')],
    ["an event 0", 1, numbers(record(3, 2), 1, 7, 0)],
    ["a leave of something later", 1, numbers(record(3, 2), 2, 0, 0)],
    ["a leave of itself", 1, numbers(record(3, 2), 0, 0, 0)],
    ["the same leave twice", 1, numbers(record(3, 2), 1, 3, 1, 0, 0)],
    ["intervals that go back", 1, numbers(record(0, 5), 3, 4, 0, 0)],
  ])("is refused: %s", (_, kind, write) => {
    expect(assertSound(crafted(kind, write))).toBe("refused");
  });

  it("is refused: another shard", () => {
    expect(assertSound(crafted(5, lastByte).with(1, 1))).toBe("refused");
  });

  it("is read when there is nothing wrong with it", () => {
    expect(assertSound(crafted(1, (writer) => join(writer, '{"a":1}')))).toBe("read");
    expect(
      assertSound(crafted(1, (writer) => join(writer, `${'{"a":'.repeat(31)}{}${"}".repeat(31)}`))),
    ).toBe("read");
    expect(assertSound(crafted(5, lastByte))).toBe("read");
  });
});
