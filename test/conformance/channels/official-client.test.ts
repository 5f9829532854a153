import type { Channel } from "phoenix";
import { describe, expect, it } from "vitest";
import { waitUntil } from "../../../scripts/wait-until.ts";
import type { TraceFrame } from "./channel-trace.ts";
import { OfficialClientReplay, outputOf } from "./official-client-replay.ts";

describe("with our server, the official client sends, receives and calls back what it did with the reference in", () => {
  it("official-presence-flow", async () => {
    const replay = await OfficialClientReplay.open("official-presence-flow");
    const sockets = { A: replay.socket("A"), B: replay.socket("B"), C: replay.socket("C") };
    const join = (conn: keyof typeof sockets, params: object): Channel => {
      sockets[conn].connect();
      const channel = sockets[conn].channel("room:lobby1", params);
      // The recording has no presence callbacks of the second tab.
      if (conn !== "C") replay.followPresence(conn, channel);
      replay.join(conn, channel);
      return channel;
    };
    const alice = join("A", { user_id: "alice" });
    await replay.waitForFrame(5);
    const bob = join("B", { user_id: "bob" });
    await replay.waitForFrame(11);
    bob.push("update_status", { status: "away" }).receive("ok", () => replay.record("B", "push ok"));
    await replay.waitForFrame(15);
    const secondTab = join("C", { user_id: "bob", meta: { tab: 2 } });
    await replay.waitForFrame(22);
    secondTab.leave().receive("ok", () => replay.record("C", "leave ok"));
    await replay.waitForFrame(27);
    replay.disconnect("B", sockets.B, () => replay.record("B", "disconnect done"));
    await replay.waitForFrame(30);
    alice.onClose((...args) => replay.record("A", "channel.onClose", { args: args.filter(isDefined) }));
    alice.leave();
    await replay.waitForFrame(33);
    replay.disconnect("A", sockets.A);
    replay.disconnect("C", sockets.C);
    await replay.waitForFrame(37);
    await replay.waitForCallbacks();
    replay.compare();
  });

  for (const [scenario, topic, params] of [
    ["official-presence-push-first", "room:lobby1", { user_id: "alice", order: "push_first" }],
    ["official-presence-count-fetch", "room:count", { user_id: "viewers" }],
  ] as const) {
    it(scenario, async () => {
      const replay = await OfficialClientReplay.open(scenario);
      const socket = replay.socket("A");
      // The library's Presence throws when it gets counts. Its caller receives the exception.
      const { onConnMessage } = socket as unknown as { onConnMessage: (raw: unknown) => void };
      Object.assign(socket, {
        onConnMessage: (raw: unknown) => {
          try {
            onConnMessage.call(socket, raw);
          } catch (error) {
            replay.record("A", "exception in onConnMessage", { message: (error as Error).message });
          }
        },
      });
      socket.connect();
      const channel = socket.channel(topic, params);
      replay.followPresence("A", channel);
      replay.join("A", channel);
      await replay.waitForFrame(5);
      replay.disconnect("A", socket);
      await replay.waitForFrame(7);
      replay.compare();
    });
  }

  it("official-channel-crash-rejoin", async () => {
    const replay = await OfficialClientReplay.open("official-channel-crash-rejoin");
    const { socket, channel } = enterLobby(replay);
    replay.followPresence("A", channel);
    channel.onError((...args) => replay.record("A", "channel.onError", { args }));
    await replay.waitForFrame(5);
    channel.push("boom", {}, 100).receive("timeout", () => replay.record("A", "boom push timeout"));
    await replay.waitForFrame(11);
    await replay.waitForCallbacks(1);
    replay.disconnect("A", socket);
    await replay.waitForFrame(13);
    replay.compare();
  });

  it("official-server-stop", async () => {
    const replay = await OfficialClientReplay.open("official-server-stop");
    const { socket, channel } = enterLobby(replay);
    channel.onClose((...args) => replay.record("A", "channel.onClose", { args }));
    await replay.waitForFrame(5);
    channel.push("stop", {});
    await replay.waitForFrame(7);
    expect(channel.state).toBe("closed");
    replay.disconnect("A", socket);
    await replay.waitForFrame(9);
    replay.compare();
  });

  for (const [scenario, end, joined] of [
    [
      "official-server-disconnect",
      (replay: OfficialClientReplay) => replay.server.endpoint.disconnect("users:43"),
      11,
    ],
    ["official-malformed-then-reconnect", (replay: OfficialClientReplay) => replay.write("A", "{nope"), 13],
  ] as const) {
    it(scenario, async () => {
      const replay = await OfficialClientReplay.open(scenario);
      const { socket, channel } = enterLobby(replay, { uid: 43 });
      replay.followPresence("A", channel);
      channel.onError((...args) => replay.record("A", "channel.onError", { args }));
      socket.onClose(({ code, wasClean }) => replay.record("A", "socket.onClose", { code, wasClean }));
      await replay.waitForFrame(5);
      end(replay);
      await replay.waitForFrame(joined);
      replay.disconnect("A", socket);
      await replay.waitForFrame(joined + 2);
      await replay.waitForCallbacks();
      replay.compare();
    });
  }

  it("official-leave-then-rejoin-same-object-topic", async () => {
    const replay = await OfficialClientReplay.open(
      "official-leave-then-rejoin-same-object-topic",
      withLeaveReply,
    );
    const socket = replay.socket("A");
    socket.connect();
    const first = socket.channel("room:lobby1", { user_id: "alice" });
    first.onClose((...args) => replay.record("A/first", "channel.onClose", { args: args.filter(isDefined) }));
    replay.join("A/first", first);
    await replay.waitForFrame(5);
    first.leave().receive("ok", () => replay.record("A/first", "leave ok"));
    const second = socket.channel("room:lobby1", { user_id: "alice" });
    second.onError((...args) => replay.record("A/second", "channel.onError", { args }));
    replay.join("A/second", second);
    await replay.waitForFrame(11);
    replay.disconnect("A", socket);
    await replay.waitForFrame(13);
    await replay.waitForCallbacks();
    replay.compare();
  });

  it("official-heartbeat", async () => {
    const replay = await OfficialClientReplay.open("official-heartbeat");
    // The interval is real time in the library, and a reply that takes longer would end the connection.
    const socket = replay.socket("A", {}, { heartbeatIntervalMs: 600_000 });
    const { sendHeartbeat } = socket as unknown as { sendHeartbeat: () => void };
    socket.connect();
    await waitUntil(() => socket.isConnected(), "the connection");
    for (const reply of [3, 5, 7]) {
      sendHeartbeat.call(socket);
      await replay.waitForFrame(reply);
    }
    replay.disconnect("A", socket);
    await replay.waitForFrame(9);
    replay.compare();
  });

  it("official-binary-push", async () => {
    const replay = await OfficialClientReplay.open("official-binary-push");
    const socket = replay.socket("A");
    socket.connect();
    const channel = socket.channel("room:bin", { order: "state_only" });
    channel.on("bin_event", (data: ArrayBuffer) => replay.record("A", "bin_event", { bytes: bytesOf(data) }));
    replay.join("A", channel);
    await replay.waitForFrame(3);
    channel
      .push("ping", Uint8Array.of(1, 2, 3).buffer)
      .receive("ok", (data: ArrayBuffer) => replay.record("A", "push ok", { bytes: bytesOf(data) }));
    await replay.waitForFrame(5);
    channel.push("push_bin", Uint8Array.of(4).buffer);
    await replay.waitForFrame(7);
    channel.push("shout_bin", Uint8Array.of(5).buffer);
    await replay.waitForFrame(9);
    replay.disconnect("A", socket);
    await replay.waitForFrame(11);
    replay.compare();
  });

  it("official-push-before-join", async () => {
    const replay = await OfficialClientReplay.open("official-push-before-join");
    const { socket, channel } = enterLobby(replay);
    const pushes = (
      [
        ["ping", { n: 1 }],
        ["fail", {}],
        ["late", {}],
        ["noreply", {}],
      ] as const
    ).map(([event, payload]) => channel.push(event, payload, 30_000));
    for (const push of pushes) {
      for (const status of ["ok", "error"] as const)
        push.receive(status, (d) => replay.record("A", `push ${status}`, { d }));
      push.receive("timeout", () => replay.record("A", "push timeout"));
    }
    await replay.waitForFrame(11);
    replay.clock.advance(60);
    // The timeout of `noreply`, which is real time in the library. It must not end before the join does.
    (pushes.at(-1) as unknown as { trigger(status: string, response: object): void }).trigger("timeout", {});
    await replay.waitForCallbacks();
    replay.disconnect("A", socket);
    await replay.waitForFrame(14);
    replay.compare();
  });

  it("official-connection-refused-403", async () => {
    const replay = await OfficialClientReplay.open("official-connection-refused-403");
    const errors: string[] = [];
    const socket = replay.socket("A", { token: "bad" }, { reconnectAfterMs: () => 60_000 });
    socket.onError((error) => void errors.push(String((error as unknown as Error).message)));
    socket.connect();
    await replay.waitForFrame(2);
    replay.disconnect("A", socket);
    expect(errors).toEqual(["Unexpected server response: 403"]);
    expect(socket.isConnected()).toBe(false);
    replay.compare();
  });
});

function enterLobby(replay: OfficialClientReplay, params: object = {}) {
  const socket = replay.socket("A", params);
  socket.connect();
  const channel = socket.channel("room:lobby1", { user_id: "alice" });
  replay.join("A", channel);
  return { socket, channel };
}

function isDefined(value: unknown): boolean {
  return value !== undefined;
}

function bytesOf(data: ArrayBuffer): number[] {
  return [...new Uint8Array(data)];
}

/**
 * A race: in this recording the reference did not reply to the leave. Our server always replies, and closes the channel
 * before the new join.
 */
function withLeaveReply(frames: readonly TraceFrame[]): readonly TraceFrame[] {
  const [joinReply, close] = frames.filter(({ i }) => i === 8 || i === 9) as [TraceFrame, TraceFrame];
  const leaveReply = ["3", "4", "room:lobby1", "phx_reply", { response: {}, status: "ok" }];
  const reply: TraceFrame = { i: 8, conn: "A", from: "server", output: outputOf(leaveReply) };
  return frames.flatMap((frame) =>
    frame === joinReply ? [reply, close, joinReply] : frame === close ? [] : [frame],
  );
}
