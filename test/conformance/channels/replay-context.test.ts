import { describe, expect, it, onTestFinished } from "vitest";
import { PresenceClient } from "../../../src/client/index.ts";
import { manualClock } from "../../../src/testing/manual-clock.ts";
import { RawConnection } from "./raw-connection.ts";
import { type ReplayContext, replayChannelTrace } from "./replay-channel-trace.ts";
import { createRoomServer, type RoomServer } from "./room-server.ts";
import { type RawFrame, rawFrame, recordedTrace, traceFrom } from "./trace-fixtures.ts";
import { waitUntilIdle } from "./wait-until-idle.ts";

describe("recorded traces that need more than their frames", () => {
  const news = { from: "server" };
  const broadcast: ReplayContext["at"] = {
    16: ({ endpoint }) => endpoint.broadcast("room:lobby1", "news", news),
    19: ({ endpoint }) => endpoint.broadcast("room:lobby1", "filtered", news),
  };
  const besides: { readonly [name: string]: ReplayContext } = {
    "broadcast/raw/2.0.0": { at: broadcast },
    "broadcast/raw/1.0.0": { at: broadcast },
    "server-graceful-shutdown/raw/2.0.0": {
      // In the order that a server should end: what leaves with it is nobody's news.
      at: { 12: ({ presence, endpoint }) => void Promise.all([presence.close(), endpoint.close()]) },
    },
    "connect-rejected/raw/-": {
      origins: { "bad-origin": "http://example.org", "good-origin": "http://example.com" },
    },
    "invalid-utf8-text-frame/raw/2.0.0": {
      at: { 2: (_server, link) => link("A").sendText(Buffer.from("5b22ff225d", "hex")) },
    },
    "fragmented-text-message/raw/2.0.0": {
      at: { 2: (_server, link) => link("A").sendText('["1","1","room:plain",', '"phx_join",{}]') },
    },
    "oversized-frame/raw/2.0.0": {
      at: { 2: (_server, link) => link("A").sendText("x".repeat(1_000_100)) },
    },
  };

  for (const [name, beside] of Object.entries(besides)) {
    it(name, async () => {
      expect(await replayChannelTrace(recordedTrace(name), beside)).toBeUndefined();
    });

    it(`${name} fails without what happens beside its frames`, async () => {
      expect(await replayChannelTrace(recordedTrace(name))).toBeDefined();
    });
  }
});

it("closes with 1001 whoever the server disconnects by id, on every endpoint, and nobody else", async () => {
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
  const at: ReplayContext["at"] = { 11: ({ endpoint }) => endpoint.disconnect("users:42") };
  expect(await replayChannelTrace(trace, { at })).toBeUndefined();
});

it("max-channels: lets a connection join 100 topics, and refuses one more", async () => {
  const { link, hear } = await scene();
  const numbers = Array.from({ length: 101 }, (_, index) => index + 1);
  for (const n of numbers) link.sendText(`["${n}","${n}","room:m-${n}","phx_join",{}]`);
  const replies = await hear();
  expect(replies).toHaveLength(101);
  const shown = recordedTrace("max-channels/raw/2.0.0").frames.flatMap((each) => {
    return each.from === "server" && each.output.kind === "text" ? [each.output.json] : [];
  });
  expect([replies[0], replies[99], replies[100]]).toEqual(shown);
  const ok = { response: { room: "m-50", you: null }, status: "ok" };
  expect(replies[49]).toEqual(["50", "50", "room:m-50", "phx_reply", ok]);
  link.sendText('["1","102","room:m-1","phx_leave",{}]');
  link.sendText('["103","103","room:m-101","phx_join",{}]');
  expect((await hear()).at(-1)).toMatchObject(["103", "103", "room:m-101", "phx_reply", { status: "ok" }]);
});

describe("a leave with a join of the same topic right behind it", () => {
  for (const vsn of ["2.0.0", "1.0.0"]) {
    it(`leave-then-immediate-rejoin, version ${vsn}: one of the outcomes, the one with a reply to each`, async () => {
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

  it("leave-then-immediate-rejoin-repeated: sixty times over, the leave is answered, and the new join stands", async () => {
    const { link, hear, server } = await scene();
    link.sendText('["0","0","room:lobby1","phx_join",{"user_id":"alice"}]');
    await hear();
    for (let n = 1; n <= 60; n++) {
      link.sendText(`["${n - 1}","l${n}","room:lobby1","phx_leave",{}]`);
      link.sendText(`["${n}","${n}","room:lobby1","phx_join",{"user_id":"alice"}]`);
      const heard = (await hear()) as [unknown, unknown, unknown, string][];
      expect(heard.map(([joinRef, ref, , event]) => [joinRef, ref, event])).toEqual([
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

it("burst-join-state-before-own-diff: sixty who join at once come to the same list, whichever came first", async () => {
  const server = await roomServer();
  const links = Array.from({ length: 60 }, (_, n) => {
    return new RawConnection(`c${n}`, "/socket/websocket?vsn=2.0.0", server);
  });
  onTestFinished(() => links.forEach((link) => void link.cut()));
  await Promise.all(links.map((link) => link.open()));
  for (const [n, link] of links.entries()) {
    link.sendText(`["1","1","room:lobby1","phx_join",{"user_id":"u${n}"}]`);
  }
  await waitUntilIdle(links);
  const everybody = await server.presence.list("room:lobby1");
  expect(Object.keys(everybody)).toHaveLength(60);
  for (const [n, { received }] of links.entries()) {
    const messages = received.map((word) => (word as { json: unknown[] }).json);
    expect(messages[0]![3]).toBe("phx_reply");
    const state = messages.find(([, , , event]) => event === "presence_state")![4];
    expect(Object.keys(state as object)).toContain(`u${n}`);
    const client = new PresenceClient();
    for (const [, , , event, payload] of messages.slice(1)) client.receive({ event, payload } as never);
    expect(client.state).toEqual(everybody);
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

/** One connection, and what it has heard since it was last asked. */
async function scene() {
  const server = await roomServer();
  const link = new RawConnection("A", "/socket/websocket?vsn=2.0.0", server);
  await link.open();
  onTestFinished(() => link.cut());
  const hear = async (): Promise<unknown[]> => {
    await waitUntilIdle([link]);
    return link.received.splice(0).map((word) => (word as { json: unknown }).json);
  };
  return { server, link, hear };
}
