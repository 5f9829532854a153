import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/payload.ts";
import { parseJson } from "../../src/phoenix/protocol/json.ts";
import { serializerV1 } from "../../src/phoenix/protocol/serializer-v1.ts";
import { serializerV2 } from "../../src/phoenix/protocol/serializer-v2.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { serveEndpoint } from "./serve-endpoint.ts";

/** Numbers that JavaScript reads as another number, or writes in another way. */
const EXACT = [
  "9007199254740993",
  "-0",
  "1.0",
  "1e400",
  "-1E+400",
  "1e2",
  "0.1000",
  "1e-400",
  `${"9".repeat(400)}`,
];

/** The texts of the frames that a client gets, as they came. */
async function textsOf(version: string, ...messages: string[]): Promise<string[]> {
  const { endpoint, client } = await serveEndpoint();
  endpoint.channel("room:*", { join: () => {}, handleIn: () => ({ ok: {} }) });
  const alice = await client(`vsn=${version}`);
  const texts: string[] = [];
  alice.socket.on("message", (data: Buffer) => texts.push(data.toString()));
  alice.send(...messages);
  await alice.settle();
  return texts.filter((text) => !text.includes("settle"));
}

describe("refs", () => {
  it("come back in version 2.0.0 with the digits that the client sent", async () => {
    for (const ref of EXACT) {
      expect(
        await textsOf(
          "2.0.0",
          `[${ref},${ref},"room:a","phx_join",{}]`,
          ` [ ${ref} ,\n${ref}\t, "room:a", "ping", {}]`,
          `[null,${ref},"phoenix","heartbeat",{}]`,
          `[${ref},${ref},"room:a","phx_leave",{}]`,
        ),
      ).toEqual([
        `[${ref},${ref},"room:a","phx_reply",{"response":{},"status":"ok"}]`,
        `[${ref},${ref},"room:a","phx_reply",{"response":{},"status":"ok"}]`,
        `[null,${ref},"phoenix","phx_reply",{"response":{},"status":"ok"}]`,
        `[${ref},${ref},"room:a","phx_reply",{"response":{},"status":"ok"}]`,
        `[${ref},${ref},"room:a","phx_close",{}]`,
      ]);
    }
  });

  it("come back in version 1.0.0 with the digits that the client sent, wherever the member stands", async () => {
    for (const ref of EXACT) {
      expect(
        await textsOf(
          "1.0.0",
          `{"topic":"room:a","event":"phx_join","payload":{"ref":1},"ref":${ref},"join_ref":${ref}}`,
          `{ "join_ref" : ${ref}, "ref" : 7, "r\\u0065f" : ${ref} , "topic":"room:a","event":"ping","payload":"ref\\":2"}`,
        ),
      ).toEqual(
        Array(2).fill(
          `{"event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":${ref},"topic":"room:a"}`,
        ),
      );
    }
  });

  it("that differ in their digits belong to different joins", async () => {
    expect(
      await textsOf(
        "2.0.0",
        '[9007199254740993,1,"room:a","phx_join",{}]',
        // This one is dropped: it belongs to another join.
        '[9007199254740992,2,"room:a","ping",{}]',
        '[9007199254740993,3,"room:a","ping",{}]',
      ),
    ).toEqual([
      '[9007199254740993,1,"room:a","phx_reply",{"response":{},"status":"ok"}]',
      '[9007199254740993,3,"room:a","phx_reply",{"response":{},"status":"ok"}]',
    ]);
  });

  it("of any kind and in any spacing come back as they came", () => {
    const space = fc.stringMatching(/^[ \n\t\r]{0,3}$/);
    /** The same value, written with spaces and escapes. */
    const written = (value: Json): fc.Arbitrary<string> =>
      fc.tuple(fc.constantFrom(0, 1, 2), fc.boolean()).map(([indent, isEscaped]) => {
        const text = JSON.stringify(value, undefined, indent);
        return isEscaped ? text.replaceAll(/[\u0080-\uffff]/g, escapeOf) : text;
      });
    const value = fc.oneof(
      fc.constantFrom(...EXACT),
      fc.jsonValue({ maxDepth: 3 }).chain((json) => written(json as Json)),
      fc.constantFrom("[[],{}]", '{"\\"}]":"\\\\"}', `[${EXACT.join()}]`),
    );
    /** Strings are equal if they stand for the same text; all else is echoed as text. */
    const normal = (text: string): string => (text.startsWith('"') ? JSON.stringify(JSON.parse(text)) : text);
    fc.assert(
      fc.property(value, value, value, fc.array(space, { minLength: 12, maxLength: 12 }), (a, b, c, s) => {
        const array = `${s[0]}[${s[1]}${a}${s[2]},${s[3]}${b}${s[4]},${s[5]}"t"${s[6]},"e",${c}]`;
        const object =
          `${s[0]}{${s[1]}"payload"${s[2]}:${s[3]}${c}${s[4]},${s[5]}"ref":${s[6]}${c}${s[7]},"topic":"t",` +
          `"join_ref"${s[8]}:${s[9]}${a}${s[10]},"event":"e",${s[11]}"ref":${b}${s[0]}}`;
        const expected = { joinRef: normal(a), ref: normal(b), topic: "t", event: "e" };
        expect(serializerV2.decode(Buffer.from(array), false)).toMatchObject(expected);
        expect(serializerV1.decode(Buffer.from(object), false)).toMatchObject(expected);
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });
});

describe("a string of a message", () => {
  it("is malformed exactly if an escape is half a surrogate pair", () => {
    const part = fc.constantFrom(
      ...[
        "\\ud83d",
        "\\uDE00",
        "\\uD83D\\uDE00",
        "\\\\",
        "\\\\ud83d",
        "\\u00e9",
        "\\n",
        "\\ud7ff",
        "\\ue000",
        "😀",
        "u",
        "d83d",
        "x",
      ],
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), fc.boolean(), (parts, isKey) => {
        const string = `"${parts.join("")}"`;
        const text = isKey ? `{${string}:1}` : `[${string}]`;
        const isWellFormed = (JSON.parse(string) as string).isWellFormed();
        if (isWellFormed) expect(parseJson(text)).toEqual(JSON.parse(text));
        else expect(() => parseJson(text)).toThrow(SyntaxError);
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("with one emoji escape costs little more than without, however many values the message has", () => {
    const values = "1,".repeat(32_000);
    const [plain, emoji] = [`[${values}"x"]`, `[${values}"\\uD83D\\uDE00"]`];
    const calls = { plain: 0, emoji: 0 };
    // Counted, not timed: a reviver would be called for each value.
    const parse = JSON.parse;
    JSON.parse = ((text: string, reviver?: (key: string, value: unknown) => unknown) =>
      parse(
        text,
        reviver &&
          function (this: unknown, key: string, value: unknown) {
            calls.emoji++;
            return reviver.call(this, key, value);
          },
      )) as typeof JSON.parse;
    try {
      parseJson(plain);
      parseJson(emoji);
    } finally {
      JSON.parse = parse;
    }
    expect(calls).toEqual({ plain: 0, emoji: 0 });
  });
});

function escapeOf(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
