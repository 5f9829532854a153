import { equal } from "node:assert/strict";
import { createSigning } from "../../src/signing/create-signing.ts";
import { decode, encode } from "../../src/wire/index.ts";
import { type MessageSigning, seal, unseal } from "../../src/wire/seal.ts";
import { atMost, type Figure } from "../figure.ts";
import { rounds, time } from "../measure.ts";
import type { Effort } from "../subject.ts";
import { PARIS, TOKYO } from "./push-bytes.ts";

const MESSAGES = 50_000;
const SIZES = [75, 176, 65_536];

/** What it costs to seal a message and to check the seal: a checksum without a secret, also an HMAC with one. */
export function sealing({ runs }: Effort): Figure[] {
  const signing = createSigning({ secret: "a secret of the bench", acceptUnsigned: false }, "rollcall:all")!;
  const seals: [name: string, signing: MessageSigning | undefined][] = [
    ["checksum", undefined],
    ["secret", signing],
  ];
  const cases = seals.flatMap(([name, sealed]) => SIZES.map((size) => ({ name, sealed, size })));
  const results = rounds(runs, () =>
    Object.fromEntries(
      cases.map(({ name, sealed, size }) => [`${name} ${size}`, microseconds(size, sealed)]),
    ),
  );
  return [
    ...cases.map(({ name, size }): Figure => {
      const samples = results[`${name} ${size}`]!;
      return { work: `wire: ${name}, written and checked, ${size} B`, unit: "µs", samples };
    }),
    {
      work: "wire: bytes that a secret adds to a message",
      unit: "B",
      samples: [heartbeatBytes(signing) - heartbeatBytes(undefined)],
      target: atMost(16),
      floor: "bytes of a secret",
    },
  ];
}

/** The time for one message, sealed once and checked once. */
function microseconds(size: number, signing: MessageSigning | undefined): number {
  const content = Uint8Array.from({ length: size }, (_, at) => at);
  const count = Math.ceil(MESSAGES / (1 + size / 1_000));
  const [, ms] = time(() => {
    for (let message = 0; message < count; message++)
      equal(unseal(seal(content, signing), signing).length, size);
  });
  return (ms * 1_000) / count;
}

function heartbeatBytes(signing: MessageSigning | undefined): number {
  const [bytes] = encode(
    { type: "pull", to: PARIS.id, request: 1, wants: [] },
    { sender: TOKYO, counter: 1 },
    undefined,
    undefined,
    signing,
  );
  equal(decode(bytes!, signing).ok, true);
  return bytes!.length;
}
