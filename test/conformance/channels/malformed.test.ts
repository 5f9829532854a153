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

describe("reading a channel trace", () => {
  const open = { i: 1, conn: "A", dir: "client->server", event: "open" };
  const sent = { i: 2, conn: "A", dir: "client->server", text: "hi" };
  const received = { i: 2, conn: "A", dir: "server->client", text: "{}" };

  it("accepts a well-formed one", async () => {
    expect(await failureOf({ ...TRACE, frames: [open] })).toBeUndefined();
  });

  for (const [what, given, says] of [
    ["no name", { name: undefined }, "trace.name should be a string"],
    ["an unknown check", { check: ["converge"] }, "trace.check[0]"],
    ["no connections", { connections: [] }, "trace.connections should be an object"],
    ["a connection without a path", { connections: { A: "socket" } }, "trace.connections.A should be a path"],
    ["no frames", { frames: undefined }, "trace.frames should be a list"],
  ] as const) {
    it(`rejects a trace with ${what}`, async () => {
      expect(await failureOf({ ...TRACE, frames: [open], ...given })).toContain(says);
    });
  }

  for (const [what, frame, says] of [
    ["no direction", { ...sent, dir: "sideways" }, 'frames[1].dir should be "client->server" or'],
    ["no number", { ...sent, i: undefined }, "frames[1].i should be a whole number from 2"],
    ["a number that an earlier frame has", { ...sent, i: 1 }, "frames[1].i should be a whole number from 2"],
    ["an unknown connection", { ...sent, conn: "B" }, 'frames[1].conn is "B", but trace.connections'],
    [
      "no content",
      { ...sent, text: undefined },
      "frames[1] should have exactly one of text, base64 and event",
    ],
    [
      "two contents",
      { ...sent, base64: "AA==" },
      "frames[1] should have exactly one of text, base64 and event",
    ],
    [
      "an event with text",
      { ...sent, event: "abort" },
      "frames[1] should have exactly one of text, base64 and event",
    ],
    ["invalid base64", { ...sent, text: undefined, base64: "~" }, "frames[1].base64 should be base64"],
    [
      "a server event from the client",
      { ...open, i: 2, event: "pong" },
      'frames[1].event should be "open" or',
    ],
    [
      "a client event from the server",
      { ...open, i: 2, dir: "server->client" },
      'frames[1].event should be "close" or',
    ],
    [
      "text from the server that is not JSON",
      { ...received, text: "{" },
      'frames[1].text should be JSON, but is "{"',
    ],
    ["no code", { ...CLOSE, i: 2, conn: "A", code: undefined }, "frames[1].code should be a whole number"],
    ["no reason", { ...CLOSE, i: 2, conn: "A", reason: undefined }, "frames[1].reason should be a string"],
    ["no status", { ...HTTP, i: 2, conn: "A", status: 101 }, "frames[1].status should be a whole number"],
    [
      "a connection opened twice",
      { ...open, i: 2 },
      "frame 2 contradicts the frames before it: A is open already",
    ],
  ] as const) {
    it(`rejects a frame with ${what}`, async () => {
      expect(await failureOf({ ...TRACE, frames: [open, frame] })).toContain(says);
    });
  }

  it("rejects a message on a connection that is not open", async () => {
    const failure = "frame 2 contradicts the frames before it: A is not open";
    expect(await failureOf({ ...TRACE, frames: [sent] })).toContain(failure);
  });

  it("rejects a malformed trace even if it can't be verified", async () => {
    expect(await failureOf({ ...TRACE, check: [], frames: [{ ...open, conn: "B" }] })).toContain("conn is");
  });
});
