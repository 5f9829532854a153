import { describe, expect, it } from "vitest";
import { failureOf } from "../state/raw-state-trace.ts";

/** Observed behaviour of the reference that no file has. `A>` is an action of client A, `A<` a frame that it receives. */
const SCRIPTS: { readonly [what: string]: string } = {
  "a second join of a topic: the reply to the new join, the close of the old one, and two diffs for the others": `
    B> open
    B> ["1","1","room:lobby1","phx_join",{"user_id":"bob"}]
    B< ["1","1","room:lobby1","phx_reply",{"response":{"room":"lobby1","you":"bob"},"status":"ok"}]
    B< [null,null,"room:lobby1","presence_diff",{"joins":{"bob":{"metas":[{"phx_ref":"r1","status":"online"}]}},"leaves":{}}]
    B< ["1",null,"room:lobby1","presence_state",{"bob":{"metas":[{"phx_ref":"r1","status":"online"}]}}]
    A> open
    A> ["1","1","room:lobby1","phx_join",{"user_id":"alice","order":"track_only"}]
    A< ["1","1","room:lobby1","phx_reply",{"response":{"room":"lobby1","you":"alice"},"status":"ok"}]
    A< [null,null,"room:lobby1","presence_diff",{"joins":{"alice":{"metas":[{"phx_ref":"r2","status":"online"}]}},"leaves":{}}]
    B< [null,null,"room:lobby1","presence_diff",{"joins":{"alice":{"metas":[{"phx_ref":"r2","status":"online"}]}},"leaves":{}}]
    A> ["2","2","room:lobby1","phx_join",{"user_id":"alice","order":"track_only"}]
    A< ["2","2","room:lobby1","phx_reply",{"response":{"room":"lobby1","you":"alice"},"status":"ok"}]
    A< ["1","1","room:lobby1","phx_close",{}]
    A< [null,null,"room:lobby1","presence_diff",{"joins":{"alice":{"metas":[{"phx_ref":"r3","status":"online"}]}},"leaves":{}}]
    B< [null,null,"room:lobby1","presence_diff",{"joins":{},"leaves":{"alice":{"metas":[{"phx_ref":"r2","status":"online"}]}}}]
    B< [null,null,"room:lobby1","presence_diff",{"joins":{"alice":{"metas":[{"phx_ref":"r3","status":"online"}]}},"leaves":{}}]
    A> ["1","3","room:lobby1","ping",{}]
    A> ["2","4","room:lobby1","ping",{}]
    A< ["2","4","room:lobby1","phx_reply",{"response":{"pong":true,"echo":{}},"status":"ok"}]`,

  "messages directly after a join: handled after it, in order, but after a heartbeat": `
    A> open
    A> ["1","1","room:lobby1","phx_join",{"user_id":"alice"}]
    A> ["1","2","room:lobby1","late",{}]
    A> ["1","3","room:lobby1","ping",{"n":1}]
    A> [null,"4","phoenix","heartbeat",{}]
    A> ["1","5","room:lobby1","push_then_reply",{}]
    A< ["1","1","room:lobby1","phx_reply",{"response":{"room":"lobby1","you":"alice"},"status":"ok"}]
    A< [null,"4","phoenix","phx_reply",{"response":{},"status":"ok"}]
    A< [null,null,"room:lobby1","presence_diff",{"joins":{"alice":{"metas":[{"phx_ref":"r1","status":"online"}]}},"leaves":{}}]
    A< ["1",null,"room:lobby1","presence_state",{"alice":{"metas":[{"phx_ref":"r1","status":"online"}]}}]
    A< ["1","3","room:lobby1","phx_reply",{"response":{"pong":true,"echo":{"n":1}},"status":"ok"}]
    A< ["1",null,"room:lobby1","pushed",{"n":1}]
    A< ["1","5","room:lobby1","phx_reply",{"response":{"n":2},"status":"ok"}]
    A< ["1","2","room:lobby1","phx_reply",{"response":{"late":true},"status":"ok"}]`,

  "consecutive updates: replies in order and diffs in order, but mixed in any way": `
    A> open
    A> ["1","1","room:lobby1","phx_join",{"user_id":"alice","order":"track_only"}]
    A< ["1","1","room:lobby1","phx_reply",{"response":{"room":"lobby1","you":"alice"},"status":"ok"}]
    A< [null,null,"room:lobby1","presence_diff",{"joins":{"alice":{"metas":[{"phx_ref":"r1","status":"online"}]}},"leaves":{}}]
    A> ["1","2","room:lobby1","update_status",{"status":"away"}]
    A> ["1","3","room:lobby1","untrack",{}]
    A< ["1","2","room:lobby1","phx_reply",{"response":{},"status":"ok"}]
    A< ["1","3","room:lobby1","phx_reply",{"response":{},"status":"ok"}]
    A< [null,null,"room:lobby1","presence_diff",{"joins":{"alice":{"metas":[{"phx_ref":"r2","phx_ref_prev":"r1","status":"away"}]}},"leaves":{"alice":{"metas":[{"phx_ref":"r1","status":"online"}]}}}]
    A< [null,null,"room:lobby1","presence_diff",{"joins":{},"leaves":{"alice":{"metas":[{"phx_ref":"r2","phx_ref_prev":"r1","status":"away"}]}}}]`,

  "the end of a connection: a leave in each of its topics, in any order": `
    B> open
    B> ["1","1","room:lobby1","phx_join",{}]
    B< ["1","1","room:lobby1","phx_reply",{"response":{"room":"lobby1","you":null},"status":"ok"}]
    B> ["2","2","room:second","phx_join",{}]
    B< ["2","2","room:second","phx_reply",{"response":{"room":"second","you":null},"status":"ok"}]
    A> open
    A> ["room:lobby1","1","room:lobby1","phx_join",{"user_id":"alice","order":"track_only"}]
    A< ["room:lobby1","1","room:lobby1","phx_reply",{"response":{"room":"lobby1","you":"alice"},"status":"ok"}]
    A< [null,null,"room:lobby1","presence_diff",{"joins":{"alice":{"metas":[{"phx_ref":"r1","status":"online"}]}},"leaves":{}}]
    B< [null,null,"room:lobby1","presence_diff",{"joins":{"alice":{"metas":[{"phx_ref":"r1","status":"online"}]}},"leaves":{}}]
    A> ["room:second","2","room:second","phx_join",{"user_id":"alice","order":"track_only"}]
    A< ["room:second","2","room:second","phx_reply",{"response":{"room":"second","you":"alice"},"status":"ok"}]
    A< [null,null,"room:second","presence_diff",{"joins":{"alice":{"metas":[{"phx_ref":"r2","status":"online"}]}},"leaves":{}}]
    B< [null,null,"room:second","presence_diff",{"joins":{"alice":{"metas":[{"phx_ref":"r2","status":"online"}]}},"leaves":{}}]
    A> {nope
    B< [null,null,"room:second","presence_diff",{"joins":{},"leaves":{"alice":{"metas":[{"phx_ref":"r2","status":"online"}]}}}]
    A< close 1011
    B< [null,null,"room:lobby1","presence_diff",{"joins":{},"leaves":{"alice":{"metas":[{"phx_ref":"r1","status":"online"}]}}}]`,

  "a client that is silent for the idle timeout: a close with 1000": `
    /short
    A> open
    A< close 1000`,

  "a client that closes: the server answers with the same code, and the others receive the leave": `
    B> open
    B> ["1","1","room:lobby1","phx_join",{"user_id":"bob","order":"push_first"}]
    B< ["1","1","room:lobby1","phx_reply",{"response":{"room":"lobby1","you":"bob"},"status":"ok"}]
    B< ["1",null,"room:lobby1","presence_state",{}]
    B< [null,null,"room:lobby1","presence_diff",{"joins":{"bob":{"metas":[{"phx_ref":"r1","status":"online"}]}},"leaves":{}}]
    A> open
    A> ["1","1","room:lobby1","phx_join",{"user_id":"alice","order":"push_first","meta":{"tab":1}}]
    A< ["1","1","room:lobby1","phx_reply",{"response":{"room":"lobby1","you":"alice"},"status":"ok"}]
    A< ["1",null,"room:lobby1","presence_state",{"bob":{"metas":[{"phx_ref":"r1","status":"online"}]}}]
    A< [null,null,"room:lobby1","presence_diff",{"joins":{"alice":{"metas":[{"phx_ref":"r2","tab":1}]}},"leaves":{}}]
    B< [null,null,"room:lobby1","presence_diff",{"joins":{"alice":{"metas":[{"phx_ref":"r2","tab":1}]}},"leaves":{}}]
    A> close 3000
    A< close 3000
    B< [null,null,"room:lobby1","presence_diff",{"joins":{},"leaves":{"alice":{"metas":[{"phx_ref":"r2","tab":1}]}}}]`,

  "clients of both versions in one room, each with messages of its own version": `
    A> open
    B 1.0.0> open
    A> ["1","1","room:lobby1","phx_join",{}]
    A< ["1","1","room:lobby1","phx_reply",{"response":{"room":"lobby1","you":null},"status":"ok"}]
    B> {"topic":"room:lobby1","event":"phx_join","payload":{},"ref":"1"}
    B< {"topic":"room:lobby1","event":"phx_reply","payload":{"response":{"room":"lobby1","you":null},"status":"ok"},"ref":"1"}
    B> {"topic":"room:lobby1","event":"shout","payload":{"m":1},"ref":"2"}
    A< [null,null,"room:lobby1","shout",{"m":1}]
    B< {"topic":"room:lobby1","event":"shout","payload":{"m":1},"ref":null}
    B< {"topic":"room:lobby1","event":"phx_reply","payload":{"response":{},"status":"ok"},"ref":"2"}`,

  "refs of any type, which come back unchanged, and messages for topics that were not joined": `
    A> open
    A> [1,2,"room:plain","phx_join",{}]
    A< [1,2,"room:plain","phx_reply",{"response":{},"status":"ok"}]
    A> [1,null,"room:plain","ping",{}]
    A< [1,null,"room:plain","phx_reply",{"response":{"pong":true,"echo":{}},"status":"ok"}]
    A> ["1","3","room:plain","ping",{}]
    A> [null,"4","","phx_join",{}]
    A< [null,"4","","phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]
    A> ["5","5","room","phx_join",{}]
    A< [null,"5","room","phx_reply",{"response":{"reason":"unmatched topic"},"status":"error"}]
    A> ["6","6","nowhere","phx_leave",{}]
    A< ["6","6","nowhere","phx_reply",{"response":{},"status":"ok"}]
    A> ["7","7","room:joincrash","phx_join",{}]
    A< ["7","7","room:joincrash","phx_reply",{"response":{"reason":"join crashed"},"status":"error"}]`,

  "a binary push without a join_ref, which is ignored, and one without a ref, whose reply has no ref": `
    A> open
    A> ["1","1","room:bin","phx_join",{}]
    A< ["1","1","room:bin","phx_reply",{"response":{"room":"bin","you":null},"status":"ok"}]
    A> base64 ${binary(0, ["", "2", "room:bin", "ping"], [1])}
    A> base64 ${binary(0, ["1", "", "room:bin", "ping"], [1])}
    A< base64 ${binary(1, ["1", "", "room:bin", "ok"], [..."pong:", "\x01"])}`,

  "a channel that stops with a reply, and one whose handler exits": `
    A> open
    A> ["1","1","room:lobby1","phx_join",{}]
    A< ["1","1","room:lobby1","phx_reply",{"response":{"room":"lobby1","you":null},"status":"ok"}]
    A> ["1","2","room:lobby1","stop_reply",{}]
    A< ["1","2","room:lobby1","phx_reply",{"response":{"bye":true},"status":"ok"}]
    A< ["1","1","room:lobby1","phx_close",{}]
    A> ["3","3","room:lobby1","phx_join",{}]
    A< ["3","3","room:lobby1","phx_reply",{"response":{"room":"lobby1","you":null},"status":"ok"}]
    A> ["3","4","room:lobby1","exit_shutdown",{}]
    A< ["3","3","room:lobby1","phx_error",{"reason":"channel_crash"}]
    A> ["4","4","room:plain","phx_join",{}]
    A< ["4","4","room:plain","phx_reply",{"response":{},"status":"ok"}]
    A> ["4","5","room:plain","update_status","away"]
    A< ["4","5","room:plain","phx_reply",{"response":{"reason":"nopresence"},"status":"error"}]`,

  "a fetch that adds fields: in the state, in joins and in leaves": `
    A> open
    A> ["1","1","room:extend","phx_join",{"user_id":"alice"}]
    A< ["1","1","room:extend","phx_reply",{"response":{"room":"extend","you":"alice"},"status":"ok"}]
    A< [null,null,"room:extend","presence_diff",{"joins":{"alice":{"metas":[{"phx_ref":"r1","status":"online"}],"user":{"name":"name-alice"}}},"leaves":{}}]
    A< ["1",null,"room:extend","presence_state",{"alice":{"metas":[{"phx_ref":"r1","status":"online"}],"user":{"name":"name-alice"}}}]
    A> ["1","2","room:extend","untrack",{}]
    A< ["1","2","room:extend","phx_reply",{"response":{},"status":"ok"}]
    A< [null,null,"room:extend","presence_diff",{"joins":{},"leaves":{"alice":{"metas":[{"phx_ref":"r1","status":"online"}],"user":{"name":"name-alice"}}}}]`,

  "a connect that refuses the client": `
    /socket?token=bad
    A< http 403`,

  "a connect that throws": `
    /socket?token=raise
    A< http 500`,

  "a client that reconnects under the same name": `
    A> open
    A> {nope
    A< close 1011
    A> open
    A> [null,"1","phoenix","heartbeat",{}]
    A< [null,"1","phoenix","phx_reply",{"response":{},"status":"ok"}]`,
};

describe("our server does as the reference for", () => {
  for (const [what, script] of Object.entries(SCRIPTS)) {
    it(what, async () => {
      expect(await failureOf(traceOf(script))).toBeUndefined();
    });
  }
});

/** Makes a trace of a script. Its first line may be the path, if that is not `/socket`. Every other line is a frame. */
function traceOf(script: string): object {
  const lines = script.trim().split(/\s*\n\s*/);
  const [path, query = ""] = lines[0]!.startsWith("/") ? lines.shift()!.split("?") : ["/socket"];
  const connections: { [name: string]: string } = {};
  const frames = lines.map((line, index) => {
    const [, conn, vsn = "2.0.0", side, content] = /^(\w)(?: ([\d.]+))?([<>]) (.*)$/.exec(line)!;
    connections[conn!] ??= `${path}/websocket?vsn=${vsn}&${query}`;
    const dir = side === ">" ? "client->server" : "server->client";
    return { i: index + 1, conn, dir, ...contentOf(content!) };
  });
  return { kind: "channels", name: "hand-written", check: ["exact"], connections, frames };
}

function contentOf(content: string): object {
  const [event, given] = content.split(" ");
  switch (event) {
    case "open":
      return { event };
    case "close":
      return { event, code: Number(given), reason: "" };
    case "http":
      return { event, status: Number(given) };
    case "base64":
      return { base64: given };
    default:
      return { text: content };
  }
}

function binary(kind: number, fields: readonly string[], data: readonly (number | string)[]): string {
  const sizes = fields.map((field) => field.length);
  const rest = data.map((byte) => (typeof byte === "string" ? byte.charCodeAt(0) : byte));
  return Buffer.from([kind, ...sizes, ...Buffer.from(fields.join("")), ...rest]).toString("base64");
}
