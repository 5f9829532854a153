import assert from "node:assert/strict";
import { crc32 as crc32OfNode } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSigning } from "../../src/signing/create-signing.ts";
import { crc32 } from "../../src/wire/checksum.ts";
import { decode, encode } from "../../src/wire/index.ts";
import { type MessageSigning, seal, unseal } from "../../src/wire/seal.ts";
import { envelopes, outgoingMessages } from "../support/message-arbitraries.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";

const SECRET = "the secret of tokyo and paris";

function signed(
  secret: string | readonly string[],
  { topic = "rollcall:all", acceptUnsigned = false } = {},
): MessageSigning {
  return createSigning({ secret, acceptUnsigned }, topic)!;
}

/** The code with which a message is refused, or "read". */
function outcome(bytes: Uint8Array, signing?: MessageSigning): string {
  const decoded = decode(bytes, signing);
  return decoded.ok ? "read" : decoded.error.code;
}

const leaving = (signing?: MessageSigning): Uint8Array => {
  const sender = { name: "tokyo", id: "tokyo-1", startedAt: 1 };
  return encode(
    { type: "leaving", lingerMs: 0, lastDot: 0 },
    { sender, counter: 1 },
    undefined,
    undefined,
    signing,
  )[0]!;
};

type Damage = (bytes: Uint8Array) => Uint8Array;

const flips = fc
  .array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 8 })
  .map(
    (places): Damage =>
      (bytes) => {
        const damaged = bytes.slice();
        for (const [place, mask] of places) damaged[place % bytes.length]! ^= mask;
        return damaged;
      },
  );
const truncations = fc.nat().map(
  (length): Damage =>
    (bytes) =>
      bytes.slice(0, length % bytes.length),
);
const extensions = fc.uint8Array({ minLength: 1, maxLength: 40, size: "max" }).map(
  (more): Damage =>
    (bytes) =>
      Uint8Array.of(...bytes, ...more),
);
const losses = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 8 })).map(
  ([at, count]): Damage =>
    (bytes) =>
      bytes.filter((_, place) => place < at % bytes.length || place >= (at % bytes.length) + count),
);
const swaps = fc.tuple(fc.nat(), fc.nat()).map(
  ([one, other]): Damage =>
    (bytes) => {
      const swapped = bytes.slice();
      swapped[one % bytes.length] = bytes[other % bytes.length]!;
      swapped[other % bytes.length] = bytes[one % bytes.length]!;
      return swapped;
    },
);
const joined = fc.constant<Damage>((bytes) => Uint8Array.of(...bytes, ...bytes));

describe("a message that was damaged on its way", () => {
  it("is refused, whatever happened to its bytes", () => {
    const signing = fc.constantFrom(undefined, signed(SECRET));
    const damages = fc.oneof(flips, truncations, extensions, losses, swaps, joined);
    fc.assert(
      fc.property(
        outgoingMessages,
        envelopes,
        signing,
        signing,
        damages,
        (outgoing, envelope, sender, receiver, damage) => {
          for (const bytes of encode(outgoing, envelope, 4_096, 1, sender)) {
            const damaged = damage(bytes);
            if (Buffer.compare(damaged, bytes) === 0) continue;
            // A message whose first byte and others are damaged looks like one of another version.
            const expected =
              damaged.length > 0 && damaged[0] !== bytes[0]
                ? /^(MALFORMED_MESSAGE|FOREIGN_VERSION)$/
                : /^MALFORMED_MESSAGE$/;
            assert.match(outcome(damaged, receiver), expected);
          }
        },
      ),
      { numRuns: PROPERTY_RUNS * 4 },
    );
  });

  it("is malformed after any single flipped bit, that of the version too", () => {
    for (const signing of [undefined, signed(SECRET)]) {
      const bytes = leaving(signing);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = bytes.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        for (const receiver of [undefined, signed(SECRET)])
          expect(outcome(flipped, receiver)).toBe("MALFORMED_MESSAGE");
      }
    }
  });

  it("is malformed when any two of its bytes change places, or some are missing at either end", () => {
    const bytes = leaving();
    for (let one = 1; one < bytes.length; one++) {
      for (let other = one + 1; other < bytes.length; other++) {
        if (bytes[one] === bytes[other]) continue;
        const swapped = bytes.with(one, bytes[other]!).with(other, bytes[one]!);
        expect(outcome(swapped)).toBe("MALFORMED_MESSAGE");
      }
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(outcome(bytes.subarray(0, length))).toBe("MALFORMED_MESSAGE");
      expect(outcome(bytes.subarray(bytes.length - length))).not.toBe("read");
    }
  });

  it("is malformed with a seal that does not exist", () => {
    const content = unseal(leaving(), undefined);
    const bytes = seal(content, undefined);
    bytes[content.length] = 2;
    const checksum = crc32OfNode(bytes.subarray(0, -4));
    new DataView(bytes.buffer).setUint32(bytes.length - 4, checksum);
    expect(outcome(bytes)).toBe("MALFORMED_MESSAGE");
  });

  it("is malformed when it claims a tag that it is too short for", () => {
    const bytes = Uint8Array.of(1, 1, 1, 0, 0, 0, 0);
    new DataView(bytes.buffer).setUint32(3, crc32OfNode(bytes.subarray(0, 3)));
    expect(outcome(bytes)).toBe("MALFORMED_MESSAGE");
  });
});

describe("a message with a tag", () => {
  it.each([
    ["a node with the same secret", signed(SECRET), "read"],
    ["a node without a secret", undefined, "read"],
    ["a node that has the secret behind its own", signed(["another secret, a new one", SECRET]), "read"],
    ["a node with another secret", signed("another secret, a new one"), "UNTRUSTED_MESSAGE"],
    [
      "a node that accepts unsigned messages and has another secret",
      signed("another secret, a new one", { acceptUnsigned: true }),
      "UNTRUSTED_MESSAGE",
    ],
    ["a node of another cluster", signed(SECRET, { topic: "shop:all" }), "UNTRUSTED_MESSAGE"],
    ["an endpoint of the same cluster", signed(SECRET, { topic: "rollcall:channels" }), "UNTRUSTED_MESSAGE"],
  ])("at %s", (_, receiver, expected) => {
    expect(outcome(leaving(signed(SECRET)), receiver)).toBe(expected);
  });

  it("is not accepted with any other tag, of which only one bit differs", () => {
    const content = unseal(leaving(), undefined);
    const tag = signed(SECRET).sign(content);
    for (let bit = 0; bit < tag.length * 8; bit++) {
      const forged = tag.slice();
      forged[bit >> 3]! ^= 1 << (bit & 7);
      const forger = { acceptsUnsigned: false, sign: () => forged, verify: () => true };
      expect(outcome(seal(content, forger), signed(SECRET))).toBe("UNTRUSTED_MESSAGE");
    }
  });

  it("has a tag of the first of several secrets", () => {
    const sender = signed(["a new secret for the cluster", SECRET]);
    expect(outcome(leaving(sender), signed("a new secret for the cluster"))).toBe("read");
    expect(outcome(leaving(sender), signed(SECRET))).toBe("UNTRUSTED_MESSAGE");
  });
});

describe("a message without a tag", () => {
  it.each([
    ["a node without a secret", undefined, "read"],
    ["a node with a secret", signed(SECRET), "UNTRUSTED_MESSAGE"],
    ["a node that accepts unsigned messages", signed(SECRET, { acceptUnsigned: true }), "read"],
  ])("at %s", (_, receiver, expected) => {
    expect(outcome(leaving(), receiver)).toBe(expected);
  });
});

it("the checksum is the CRC-32 of gzip", () => {
  expect(crc32(Buffer.from("123456789"), 9)).toBe(0xcbf4_3926);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100, size: "max" }), (bytes) => {
      assert.equal(crc32(bytes, bytes.length), crc32OfNode(bytes));
    }),
    { numRuns: PROPERTY_RUNS },
  );
});
