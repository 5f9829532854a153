import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Fragment, Intervals } from "../../src/crdt/index.ts";
import { createSigning } from "../../src/signing/create-signing.ts";
import { encode, type OutgoingMessage, type ReplicaMessage } from "../../src/wire/index.ts";
import { envelopes, mustDecode, outgoingMessages } from "../support/message-arbitraries.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { decodeByGrammar } from "./grammar-decoder.ts";

it("a decoder made from the grammar in docs/wire.md reads every message that we write", () => {
  fc.assert(
    fc.property(
      outgoingMessages,
      envelopes,
      fc.constantFrom(1, 2, 255),
      fc.constantFrom("presences", "counts"),
      (outgoing, envelope, newest, mode) => {
        for (const bytes of encode(outgoing, envelope, 4_096, newest, undefined, mode)) {
          const message = spelledOut(mustDecode(bytes));
          const checksum = checksumOf(bytes);
          const shard = mode === "counts" ? 1 : 0;
          const expected = { version: 1, newest, shard, message, tag: "", seal: 0, checksum };
          assert.deepEqual(decodeByGrammar(bytes), expected);
        }
      },
    ),
    { numRuns: PROPERTY_RUNS },
  );
});

it("a signed message has the tag and the checksum that docs/wire.md describes", () => {
  const [secret, topic] = ["the secret of tokyo and paris", "rollcall:all"];
  const signing = createSigning({ secret, acceptUnsigned: false }, topic);
  const key = createHmac("sha256", secret).update(`rollcall 1 ${topic}`).digest();
  fc.assert(
    fc.property(outgoingMessages, envelopes, (outgoing, envelope) => {
      for (const bytes of encode(outgoing, envelope, 4_096, 1, signing)) {
        assert(bytes.length <= 4_096);
        const content = bytes.subarray(0, bytes.length - 21);
        const tag = createHmac("sha256", key).update(content).digest("hex").slice(0, 32);
        const message = spelledOut(mustDecode(bytes));
        const expected = {
          version: 1,
          newest: 1,
          shard: 0,
          message,
          tag,
          seal: 1,
          checksum: checksumOf(bytes),
        };
        assert.deepEqual(decodeByGrammar(bytes), expected);
      }
    }),
    { numRuns: PROPERTY_RUNS },
  );
});

function checksumOf(bytes: Uint8Array): string {
  return crc32(bytes.subarray(0, -4)).toString(16).padStart(8, "0");
}

it("the example messages in docs/wire.md are the bytes that we write", () => {
  const sender = { name: "tokyo", id: "T", startedAt: 1_000 };
  const seen = Intervals.range(1, 4);
  const join = (dot: number, key: string) => ({
    live: { dot, owner: dot, topic: "lobby", key, content: {}, replaced: 0 },
    leaves: [],
  });
  const operations = [join(1, "alice"), { leaves: [{ leave: 3, ended: 2 }] }, join(4, "bob")];
  const others = [{ name: "paris", id: "P", startedAt: 2_000, seen: Intervals.empty() }];
  const outgoings: OutgoingMessage[] = [
    { type: "delta", seen, operations },
    { type: "heartbeat", seen, digest: 0, leaveDelayMs: 2_000, heartbeatIntervalMs: 4_500, others },
    { type: "leaving", lingerMs: 2_000, lastDot: 4 },
    {
      type: "delta",
      seen,
      operations: [],
      handover: {
        lastPendingLeave: 2,
        pendingLeaves: [1, 4],
        claims: [
          { number: 3, replica: "P", upTo: 6, topic: "lobby", key: "alice" },
          { number: 4, replica: undefined, upTo: 0, topic: "lobby", key: "bob" },
        ],
        answers: [{ claimer: "P", number: 9, isGranted: true }],
      },
    },
  ];
  const written = outgoings.flatMap((outgoing, at) => encode(outgoing, { sender, counter: 5 + at }));
  expect(written.map(hexOf)).toEqual(bytesOnThePage());
});

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The example messages on the page, one per paragraph, without their explanations. */
function bytesOnThePage(): string[] {
  const page = readFileSync(new URL("../../docs/wire.md", import.meta.url), "utf8");
  const [, block] = /byte by byte:\n\n```\n(.*?)```/s.exec(page)!;
  return block!.split("\n\n").map((message) =>
    message
      .split("\n")
      .map((line) => /^(?:[0-9a-f]{2}(?: |$))*/.exec(line)![0].replaceAll(" ", ""))
      .join(""),
  );
}

/** The message as JSON, with intervals as plain lists, and the dots of a fragment one by one. */
function spelledOut(message: ReplicaMessage): unknown {
  return JSON.parse(
    JSON.stringify(message, (name, value) => {
      if (name === "fragment") return spelledFragment(value);
      if (name === "fragments") return value.map(spelledFragment);
      return value instanceof Intervals ? [...value] : value;
    }),
  );
}

function spelledFragment({ seen, ...rest }: Fragment): unknown {
  const dots = [...seen].flatMap(([low, high]) =>
    Array.from({ length: high - low + 1 }, (_, at) => low + at),
  );
  return { ...rest, seen: dots };
}
