import { describe, expect, it } from "vitest";
import { failureOf } from "../state/raw-state-trace.ts";

const TRACE = {
  kind: "channels",
  name: "alice in the lobby",
  check: ["exact"],
  connections: { A: "/socket/websocket?vsn=2.0.0" },
};
const CLOSE = { dir: "server->client", event: "close", code: 1000, reason: "" };
const HTTP = { dir: "server->client", event: "http", status: 403 };

describe("a channel trace that is not well-formed fails, and says where", () => {
  const open = { i: 1, conn: "A", dir: "client->server", event: "open" };
  const said = { i: 2, conn: "A", dir: "client->server", text: "hi" };
  const heard = { i: 2, conn: "A", dir: "server->client", text: "{}" };

  it("passes when it is one", async () => {
    expect(await failureOf({ ...TRACE, frames: [open] })).toBeUndefined();
  });

  for (const [what, given, says] of [
    ["no name", { name: undefined }, "trace.name should be a string"],
    ["a check that we can't make", { check: ["converge"] }, "trace.check[0]"],
    ["no connections", { connections: [] }, "trace.connections should be an object"],
    ["a connection to nowhere", { connections: { A: "socket" } }, "trace.connections.A should be a path"],
    ["no frames", { frames: undefined }, "trace.frames should be a list"],
  ] as const) {
    it(`a trace with ${what}`, async () => {
      expect(await failureOf({ ...TRACE, frames: [open], ...given })).toContain(says);
    });
  }

  for (const [what, frame, says] of [
    ["no direction", { ...said, dir: "sideways" }, 'frames[1].dir should be "client->server" or'],
    ["no number", { ...said, i: undefined }, "frames[1].i should be a whole number from 2"],
    ["a number that was before", { ...said, i: 1 }, "frames[1].i should be a whole number from 2"],
    ["a connection that is none", { ...said, conn: "B" }, 'frames[1].conn is "B", which trace.connections'],
    ["no content", { ...said, text: undefined }, "frames[1] should have one of text, base64 and event"],
    ["two contents", { ...said, base64: "AA==" }, "frames[1] should have one of text, base64 and event"],
    [
      "an event with text",
      { ...said, event: "abort" },
      "frames[1] should have one of text, base64 and event",
    ],
    ["no base64", { ...said, text: undefined, base64: "~" }, "frames[1].base64 should be base64"],
    ["an event of the server", { ...open, i: 2, event: "pong" }, 'frames[1].event should be "open" or'],
    [
      "an event of the client",
      { ...open, i: 2, dir: "server->client" },
      'frames[1].event should be "close" or',
    ],
    ["no JSON from the server", { ...heard, text: "{" }, 'frames[1].text should be JSON, and is "{"'],
    ["no code", { ...CLOSE, i: 2, conn: "A", code: undefined }, "frames[1].code should be a whole number"],
    ["no reason", { ...CLOSE, i: 2, conn: "A", reason: undefined }, "frames[1].reason should be a string"],
    ["no status", { ...HTTP, i: 2, conn: "A", status: 101 }, "frames[1].status should be a whole number"],
    ["a connection opened twice", { ...open, i: 2 }, "frame 2 does not fit the others: A is open already"],
  ] as const) {
    it(`a frame with ${what}`, async () => {
      expect(await failureOf({ ...TRACE, frames: [open, frame] })).toContain(says);
    });
  }

  it("a message on a connection that is not open", async () => {
    const failure = "frame 2 does not fit the others: A is not open";
    expect(await failureOf({ ...TRACE, frames: [said] })).toContain(failure);
  });

  it("also where nothing of it is judged", async () => {
    expect(await failureOf({ ...TRACE, check: [], frames: [{ ...open, conn: "B" }] })).toContain("conn is");
  });
});
