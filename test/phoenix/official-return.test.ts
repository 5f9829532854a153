import { once } from "node:events";
import { createServer } from "node:http";
import { Socket } from "phoenix";
import { Socket as OlderSocket } from "phoenix-1.8.15";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { waitUntil } from "../../scripts/wait-until.ts";
import type { Endpoint, EndpointOptions } from "../../src/phoenix/index.ts";
import { manualClock } from "../../src/testing/index.ts";
import { serveEndpoint } from "./serve-endpoint.ts";

/** A server with a room. A second endpoint can take the place of the first, as in a deploy. */
async function serveRoom(options: EndpointOptions = {}) {
  const server = createServer().listen(0);
  await once(server, "listening");
  const start = async () => {
    const cast = await serveEndpoint(
      { connect: (params) => ({ assigns: {}, id: `users:${params.get("user")}` }), ...options },
      server,
    );
    cast.endpoint.channel("room:*", { join: () => {} });
    return cast;
  };
  return { ...(await start()), start };
}

// Until 1.8.15, the client does not return after a close with 1000. From 1.8.16 on it does.
describe.each([
  ["1.8.15", OlderSocket],
  ["1.8.16", Socket],
])("the official client of version %s returns to its room", (_version, Version) => {
  function joinedClient(port: number) {
    const socket = new Version(`ws://localhost:${port}/socket`, {
      params: { user: "alice" },
      transport: WebSocket as never,
      reconnectAfterMs: () => 10,
      rejoinAfterMs: () => 10,
    });
    onTestFinished(() => socket.disconnect());
    const codes: number[] = [];
    socket.onClose((event: { code: number }) => void codes.push(event.code));
    let joins = 0;
    socket.connect();
    socket
      .channel("room:a")
      .join()
      .receive("ok", () => void joins++);
    return {
      socket,
      codes,
      hasJoined: (times: number) => waitUntil(() => joins === times, `${times} joins`),
    };
  }

  it("when it was silent for too long", async () => {
    const clock = manualClock();
    const { port } = await serveRoom({ clock });
    const alice = joinedClient(port);
    for (const times of [1, 2]) {
      await alice.hasJoined(times);
      clock.advance(60_000);
    }
    await alice.hasJoined(3);
    expect(alice.codes).toEqual([1001, 1001]);
  });

  it("when its id was disconnected, and when it has sent nonsense", async () => {
    const { port, endpoint } = await serveRoom();
    const alice = joinedClient(port);
    await alice.hasJoined(1);
    endpoint.disconnect("users:alice");
    await alice.hasJoined(2);
    (alice.socket as unknown as { conn: WebSocket }).conn.send("nonsense");
    await alice.hasJoined(3);
    expect(alice.codes).toEqual([1001, 1011]);
  });

  it.each<[string, Parameters<Endpoint["close"]>[0]]>([
    ["at once", {}],
    ["in steps", { overMs: 100 }],
  ])("when its server drained %s and another takes over", async (_how, options) => {
    const { port, endpoint, start } = await serveRoom();
    const alice = joinedClient(port);
    await alice.hasJoined(1);
    await endpoint.close(options);
    await start();
    await alice.hasJoined(2);
    expect(alice.codes[0]).toBe(1012);
  });

  it("when it sends too much, and when one message is too large", async () => {
    const clock = manualClock();
    const { port } = await serveRoom({ clock, maxMessagesPerSecond: 5, maxFrameBytes: 1_000 });
    const alice = joinedClient(port);
    await alice.hasJoined(1);
    const flood = (alice.socket as unknown as { conn: WebSocket }).conn;
    for (let count = 0; count < 50; count++) flood.send('[null,"1","phoenix","heartbeat",{}]');
    await alice.hasJoined(2);
    (alice.socket as unknown as { conn: WebSocket }).conn.send("x".repeat(1_001));
    await alice.hasJoined(3);
    expect(alice.codes).toEqual([1008, 1009]);
  });
});
