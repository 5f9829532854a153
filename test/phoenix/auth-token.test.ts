import type { IncomingMessage } from "node:http";
import fc from "fast-check";
import { Socket } from "phoenix";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { waitUntil } from "../../scripts/wait-until.ts";
import { authTokenOf } from "../../src/phoenix/index.ts";
import { PROPERTY_RUNS } from "../support/property-runs.ts";
import { serveEndpoint } from "./serve-endpoint.ts";
import { rawUpgrade } from "./upgrade-request.ts";

const PREFIX = "base64url.bearer.phx.";
/** Its base64 has each letter that differs between the alphabets, and padding: `+/+/8A==` and the like. */
const AWKWARD = "\u00fb\u00ff\u00bf\u00ff\u00fe\u00fb\u00ff";

function tokenOf(header: string | undefined): string | undefined {
  const headers = header === undefined ? {} : { "sec-websocket-protocol": header };
  return authTokenOf({ headers } as unknown as IncomingMessage);
}

/** A server that remembers the tokens of its clients. */
async function serveTokens() {
  const tokens: (string | undefined)[] = [];
  const cast = await serveEndpoint({
    connect: (_params, request) => {
      tokens.push(authTokenOf(request));
      return { assigns: {} };
    },
  });
  cast.endpoint.channel("room:*", { join: () => {} });
  return { ...cast, tokens };
}

describe("authTokenOf", () => {
  it("reads what btoa encodes, with or without padding, in both alphabets", () => {
    fc.assert(
      // Letters of one byte that are not valid UTF-8 together are what btoa encodes; ASCII is the same in both.
      fc.property(fc.string({ unit: "binary-ascii" }), (token) => {
        const padded = btoa(token);
        const encodings = [padded, padded.replaceAll("+", "-").replaceAll("/", "_")];
        for (const encoded of [...encodings, ...encodings.map((each) => each.replace(/=/g, ""))]) {
          expect(tokenOf(`phoenix, ${PREFIX}${encoded}`)).toBe(token);
        }
      }),
      { numRuns: PROPERTY_RUNS },
    );
  });

  it("reads UTF-8, and letters of one byte as the official client encodes them", () => {
    for (const text of ["g\u00e9o", "\u65e5\u672c", "\u{1f4a5}", "\ufffd"]) {
      expect(tokenOf(`${PREFIX}${Buffer.from(text).toString("base64url")}`)).toBe(text);
    }
    for (const text of [AWKWARD, "g\u00e9o", "\u00ff"]) expect(tokenOf(`${PREFIX}${btoa(text)}`)).toBe(text);
  });

  it.each([
    ["no header", undefined],
    ["no token", "phoenix"],
    ["two tokens", `phoenix, ${PREFIX}YQ, ${PREFIX}Yg`],
    ["letters that are not base64", `phoenix, ${PREFIX}a!b`],
    ["one letter too many", `phoenix, ${PREFIX}YWxpY`],
    ["padding in the middle", `phoenix, ${PREFIX}YQ==YQ==`],
    ["too much padding", `phoenix, ${PREFIX}YWI==`],
  ])("is undefined for %s", (_what, header) => {
    expect(tokenOf(header)).toBe(undefined);
  });

  it("reads an empty token", () => {
    expect(tokenOf(`phoenix, ${PREFIX}`)).toBe("");
  });

  it("reads the header of a client that polls, and is undefined if it is sent twice or beside another token", () => {
    const read = (headers: object, values?: string[]) =>
      authTokenOf({
        headers,
        ...(values && { headersDistinct: { "x-phoenix-authtoken": values } }),
      } as unknown as IncomingMessage);
    expect(read({ "x-phoenix-authtoken": "a, b" })).toBe("a, b");
    expect(read({ "x-phoenix-authtoken": "a, b" }, ["a, b"])).toBe("a, b");
    expect(read({ "x-phoenix-authtoken": "a, b" }, ["a", "b"])).toBe(undefined);
    expect(read({ "x-phoenix-authtoken": "a", "sec-websocket-protocol": `${PREFIX}YQ` })).toBe(undefined);
  });
});

describe("a client with an auth token", () => {
  it.each([
    ["YWxpY2U", "alice"],
    ["YWxpY2U=", "alice"],
    ["YWxpY2UxMg==", "alice12"],
    ["Pz8/Pz8+Pj4", "?????>>>"],
    ["Pz8_Pz8-Pj4=", "?????>>>"],
    ["++++", "\u00fb\u00ef\u00be"],
    ["////", "\u00ff\u00ff\u00ff"],
    ["____", "\u00ff\u00ff\u00ff"],
    ["", ""],
  ])("that sends %j is accepted, and its token is not echoed", async (encoded, token) => {
    const { port, tokens } = await serveTokens();
    for (const offered of [`phoenix, ${PREFIX}${encoded}`, `${PREFIX}${encoded},phoenix`]) {
      const client = rawUpgrade(port, undefined, { "sec-websocket-protocol": offered });
      const received: string[] = [];
      client.tcp.on("data", (data) => received.push(data.toString("latin1")));
      expect(await client.status()).toBe(101);
      expect(received.join("")).toMatch(/^sec-websocket-protocol: phoenix\r$/im);
      expect(received.join("")).not.toContain("bearer");
      client.tcp.destroy();
    }
    expect(tokens).toEqual([token, token]);
  });

  it("that offers nothing but a token, or a token among other protocols, is accepted", async () => {
    const { port, tokens } = await serveTokens();
    for (const offered of [`${PREFIX}YQ==`, `graphql-ws, ${PREFIX}YQ==, mqtt`]) {
      const client = rawUpgrade(port, undefined, { "sec-websocket-protocol": offered });
      expect(await client.status()).toBe(101);
      client.tcp.destroy();
    }
    expect(tokens).toEqual(["a", "a"]);
  });

  it("that offers a malformed protocol besides it gets 400", async () => {
    const { port } = await serveTokens();
    const client = rawUpgrade(port, undefined, { "sec-websocket-protocol": `pho/enix, ${PREFIX}YQ==` });
    expect(await client.status()).toBe(400);
  });

  it.each(["alice", "a", "ab", "abc", AWKWARD, "\u00bf\u00bf\u00bf", `${"x".repeat(4_000)}?`])(
    "that is the official client joins, whatever its token is: %j",
    async (authToken) => {
      /** Sends the protocols as they are: browsers and ws refuse to send a token with a slash, and other clients do not. */
      class Transport extends WebSocket {
        constructor(url: string, protocols: string[]) {
          super(url, ["phoenix"], {
            finishRequest: (request) => {
              request.setHeader("sec-websocket-protocol", protocols.join(", "));
              request.end();
            },
          });
        }
      }
      const { port, tokens } = await serveTokens();
      const socket = new Socket(`ws://localhost:${port}/socket`, {
        authToken,
        transport: Transport,
      } as object);
      onTestFinished(() => socket.disconnect());
      socket.connect();
      let joins = 0;
      socket
        .channel("room:a")
        .join()
        .receive("ok", () => void joins++);
      await waitUntil(() => joins === 1, "the join");
      expect(tokens).toEqual([authToken]);
    },
  );
});
