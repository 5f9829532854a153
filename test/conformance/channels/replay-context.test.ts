import { describe, expect, it, onTestFinished } from "vitest";
import { PresenceClient } from "../../../src/client/index.ts";
import { manualClock } from "../../../src/testing/manual-clock.ts";
import { RawConnection } from "./raw-connection.ts";
import { type ReplayContext, replayChannelTrace } from "./replay-channel-trace.ts";
import { createRoomServer, type RoomServer } from "./room-server.ts";
import { type RawFrame, rawFrame, recordedTrace, traceFrom } from "./trace-fixtures.ts";
import { waitUntilIdle } from "./wait-until-idle.ts";

describe("our server replays", () => {
  const news = { from: "server" };
  const broadcasts: ReplayContext["beforeFrame"] = {
    16: ({ endpoint }) => endpoint.broadcast("room:lobby1", "news", news),
    19: ({ endpoint }) => endpoint.broadcast("room:lobby1", "filtered", news),
  };
  const contexts: { readonly [name: string]: ReplayContext } = {
    "broadcast/raw/2.0.0": { beforeFrame: broadcasts },
    "broadcast/raw/1.0.0": { beforeFrame: broadcasts },
    "server-graceful-shutdown/raw/2.0.0": {
      // A server should close its presence first. Then clients receive no leaves while it shuts down.
      beforeFrame: { 12: ({ presence, endpoint }) => void Promise.all([presence.close(), endpoint.close()]) },
    },
    "connect-rejected/raw/-": {
      origins: { "bad-origin": "http://example.org", "good-origin": "http://example.com" },
    },
    "invalid-utf8-text-frame/raw/2.0.0": {
      beforeFrame: { 2: (_server, connection) => connection("A").sendText(Buffer.from("5b22ff225d", "hex")) },
    },
    "fragmented-text-message/raw/2.0.0": {
      beforeFrame: {
        2: (_server, connection) => connection("A").sendText('["1","1","room:plain",', '"phx_join",{}]'),
      },
    },
    "oversized-frame/raw/2.0.0": {
      beforeFrame: { 2: (_server, connection) => connection("A").sendText("x".repeat(1_000_100)) },
    },
  };

  for (const [name, context] of Object.entries(contexts)) {
    it(`${name} with its context`, async () => {
      expect(await replayChannelTrace(recordedTrace(name), context)).toBeUndefined();
    });

    it(`${name} only with its context`, async () => {
      expect(await replayChannelTrace(recordedTrace(name))).toBeDefined();
    });
  }
});

it("disconnecting an id closes its connections on every endpoint with 1001, and no others", async () => {
  const join = (conn: string, user: string, i: number): RawFrame[] => [
    rawFrame(i, conn, ">", { event: "open" }),
    rawFrame(i + 1, conn, ">", {
      text: `["1","1","room:lobby1","phx_join",{"user_id":"${user}","order":"track_only"}]`,
    }),
  ];
  const reply =
    '["1","1","room:lobby1","phx_reply",{"response":{"room":"lobby1","you":"USER"},"status":"ok"}]';
  const diff =
    '[null,null,"room:lobby1","presence_diff",{"joins":{"USER":{"metas":[{"phx_ref":"REF","status":"online"}]}},"leaves":{}}]';
  const trace = traceFrom(
    {
      A: "/socket/websocket?vsn=2.0.0&uid=42",
      B: "/short/websocket?vsn=2.0.0&uid=42",
      C: "/socket/websocket?vsn=2.0.0&uid=4",
    },
    [
      ...join("C", "carol", 1),
      rawFrame(3, "C", "<", { text: reply.replace("USER", "carol") }),
      rawFrame(4, "C", "<", { text: diff.replace("USER", "carol").replace("REF", "r1") }),
      ...join("A", "alice", 5),
      rawFrame(7, "A", "<", { text: reply.replace("USER", "alice") }),
      rawFrame(8, "A", "<", { text: diff.replace("USER", "alice").replace("REF", "r2") }),
      rawFrame(9, "C", "<", { text: diff.replace("USER", "alice").replace("REF", "r2") }),
      rawFrame(10, "B", ">", { event: "open" }),
      rawFrame(11, "A", "<", { event: "close", code: 1001, reason: "" }),
      rawFrame(12, "B", "<", { event: "close", code: 1001, reason: "" }),
      rawFrame(13, "C", "<", {
        text: '[null,null,"room:lobby1","presence_diff",{"joins":{},"leaves":{"alice":{"metas":[{"phx_ref":"r2","status":"online"}]}}}]',
      }),
      rawFrame(14, "C", ">", { text: '[null,"9","phoenix","heartbeat",{}]' }),
      rawFrame(15, "C", "<", { text: '[null,"9","phoenix","phx_reply",{"response":{},"status":"ok"}]' }),
    ],
  );
  const beforeFrame: ReplayContext["beforeFrame"] = { 11: ({ endpoint }) => endpoint.disconnect("users:42") };
  expect(await replayChannelTrace(trace, { beforeFrame })).toBeUndefined();
});

it("max-channels: a connection can join 100 topics, but not one more", async () => {
  const { connection, receive } = await openConnection();
  const numbers = Array.from({ length: 101 }, (_, index) => index + 1);
  for (const n of numbers) connection.sendText(`["${n}","${n}","room:m-${n}","phx_join",{}]`);
  const replies = await receive();
  expect(replies).toHaveLength(101);
  const recorded = recordedTrace("max-channels/raw/2.0.0").frames.flatMap((each) => {
    return each.from === "server" && each.output.kind === "text" ? [each.output.json] : [];
  });
  expect([replies[0], replies[99], replies[100]]).toEqual(recorded);
  const ok = { response: { room: "m-50", you: null }, status: "ok" };
  expect(replies[49]).toEqual(["50", "50", "room:m-50", "phx_reply", ok]);
  connection.sendText('["1","102","room:m-1","phx_leave",{}]');
  connection.sendText('["103","103","room:m-101","phx_join",{}]');
  expect((await receive()).at(-1)).toMatchObject(["103", "103", "room:m-101", "phx_reply", { status: "ok" }]);
});

describe("a join that directly follows a leave of the same topic", () => {
  for (const vsn of ["2.0.0", "1.0.0"]) {
    it(`leave-then-immediate-rejoin, version ${vsn}: has the outcome in which both get a reply`, async () => {
      const trace = recordedTrace(`leave-then-immediate-rejoin/raw/${vsn}`);
      expect((await replayChannelTrace(trace))?.frame).toMatchObject({ i: 15 });
      const isOfJoin = ({ i }: { i: number }): boolean => i === 15;
      const close = trace.frames.findIndex(({ i }) => i === 16);
      const leaveReply = {
        "2.0.0": ["1", "2", "room:lobby1", "phx_reply", { response: {}, status: "ok" }],
        "1.0.0": {
          topic: "room:lobby1",
          event: "phx_reply",
          ref: "2",
          payload: { response: {}, status: "ok" },
        },
      }[vsn];
      const [joinReply, closing] = [trace.frames.find(isOfJoin)!, trace.frames[close]!];
      const reply = { ...joinReply, output: { kind: "text", json: leaveReply } } as typeof joinReply;
      const frames = trace.frames.toSpliced(close - 1, 2, reply, closing, joinReply);
      expect(await replayChannelTrace({ ...trace, check: ["exact"], frames })).toBeUndefined();
    });
  }

  it("leave-then-immediate-rejoin-repeated: has the same outcome sixty times in a row", async () => {
    const { connection, receive, server } = await openConnection();
    connection.sendText('["0","0","room:lobby1","phx_join",{"user_id":"alice"}]');
    await receive();
    for (let n = 1; n <= 60; n++) {
      connection.sendText(`["${n - 1}","l${n}","room:lobby1","phx_leave",{}]`);
      connection.sendText(`["${n}","${n}","room:lobby1","phx_join",{"user_id":"alice"}]`);
      const messages = (await receive()) as [unknown, unknown, unknown, string][];
      expect(messages.map(([joinRef, ref, , event]) => [joinRef, ref, event])).toEqual([
        [`${n - 1}`, `l${n}`, "phx_reply"],
        [`${n - 1}`, `${n - 1}`, "phx_close"],
        [`${n}`, `${n}`, "phx_reply"],
        [null, null, "presence_diff"],
        [`${n}`, null, "presence_state"],
      ]);
      expect(server.presence.count("room:lobby1")).toBe(1);
    }
  });
});

it("burst-join-state-before-own-diff: sixty clients that join at once end with the same list", async () => {
  const server = await roomServer();
  const connections = Array.from({ length: 60 }, (_, n) => {
    return new RawConnection(`c${n}`, "/socket/websocket?vsn=2.0.0", server);
  });
  onTestFinished(() => connections.forEach((connection) => void connection.cut()));
  await Promise.all(connections.map((connection) => connection.open()));
  for (const [n, connection] of connections.entries()) {
    connection.sendText(`["1","1","room:lobby1","phx_join",{"user_id":"u${n}"}]`);
  }
  await waitUntilIdle(connections);
  const list = await server.presence.list("room:lobby1");
  expect(Object.keys(list)).toHaveLength(60);
  for (const [n, { received }] of connections.entries()) {
    const messages = received.map((output) => (output as { json: unknown[] }).json);
    expect(messages[0]![3]).toBe("phx_reply");
    const state = messages.find(([, , , event]) => event === "presence_state")![4];
    expect(Object.keys(state as object)).toContain(`u${n}`);
    const client = new PresenceClient();
    for (const [, , , event, payload] of messages.slice(1)) client.receive({ event, payload } as never);
    expect(client.state).toEqual(list);
  }
});

async function roomServer(): Promise<RoomServer> {
  const clock = manualClock();
  const server = await createRoomServer(clock);
  onTestFinished(async () => {
    const closed = server.close();
    clock.advance(10_000);
    await closed;
  });
  return server;
}

/** Opens one connection. `receive` waits and returns the messages since the last call. */
async function openConnection() {
  const server = await roomServer();
  const connection = new RawConnection("A", "/socket/websocket?vsn=2.0.0", server);
  await connection.open();
  onTestFinished(() => connection.cut());
  const receive = async (): Promise<unknown[]> => {
    await waitUntilIdle([connection]);
    return connection.received.splice(0).map((output) => (output as { json: unknown }).json);
  };
  return { server, connection, receive };
}
