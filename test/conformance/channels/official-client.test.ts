import type { Channel } from "phoenix";
import { describe, expect, it } from "vitest";
import type { TraceFrame } from "./channel-trace.ts";
import { OfficialClientReplay, wordOf } from "./official-client-replay.ts";

describe("what the official client did and was told with the reference it does and is told with us", () => {
  it("official-presence-flow", async () => {
    const stage = await OfficialClientReplay.open("official-presence-flow");
    const sockets = { A: stage.socket("A"), B: stage.socket("B"), C: stage.socket("C") };
    const enter = (conn: keyof typeof sockets, params: object): Channel => {
      sockets[conn].connect();
      const channel = sockets[conn].channel("room:lobby1", params);
      // Nobody looked at what the second tab was told of presences.
      if (conn !== "C") stage.followPresence(conn, channel);
      stage.join(conn, channel);
      return channel;
    };
    const alice = enter("A", { user_id: "alice" });
    await stage.arrived(5);
    const bob = enter("B", { user_id: "bob" });
    await stage.arrived(11);
    bob.push("update_status", { status: "away" }).receive("ok", () => stage.tell("B", "push ok"));
    await stage.arrived(15);
    const secondTab = enter("C", { user_id: "bob", meta: { tab: 2 } });
    await stage.arrived(22);
    secondTab.leave().receive("ok", () => stage.tell("C", "leave ok"));
    await stage.arrived(27);
    stage.disconnect("B", sockets.B, () => stage.tell("B", "disconnect done"));
    await stage.arrived(30);
    alice.onClose((...args) => stage.tell("A", "channel.onClose", { args: args.filter(isGiven) }));
    alice.leave();
    await stage.arrived(33);
    stage.disconnect("A", sockets.A);
    stage.disconnect("C", sockets.C);
    await stage.arrived(37);
    await stage.told();
    stage.compare();
  });

  for (const [scenario, topic, params] of [
    ["official-presence-push-first", "room:lobby1", { user_id: "alice", order: "push_first" }],
    ["official-presence-count-fetch", "room:count", { user_id: "viewers" }],
  ] as const) {
    it(scenario, async () => {
      const stage = await OfficialClientReplay.open(scenario);
      const socket = stage.socket("A");
      // The library's Presence can't take counts. What it throws goes to whoever brings the message.
      const { onConnMessage } = socket as unknown as { onConnMessage: (raw: unknown) => void };
      Object.assign(socket, {
        onConnMessage: (raw: unknown) => {
          try {
            onConnMessage.call(socket, raw);
          } catch (error) {
            stage.tell("A", "exception in onConnMessage", { message: (error as Error).message });
          }
        },
      });
      socket.connect();
      const channel = socket.channel(topic, params);
      stage.followPresence("A", channel);
      stage.join("A", channel);
      await stage.arrived(5);
      stage.disconnect("A", socket);
      await stage.arrived(7);
      stage.compare();
    });
  }

  it("official-channel-crash-rejoin", async () => {
    const stage = await OfficialClientReplay.open("official-channel-crash-rejoin");
    const { socket, channel } = enterLobby(stage);
    stage.followPresence("A", channel);
    channel.onError((...args) => stage.tell("A", "channel.onError", { args }));
    await stage.arrived(5);
    channel.push("boom", {}, 100).receive("timeout", () => stage.tell("A", "boom push timeout"));
    await stage.arrived(11);
    await stage.told(1);
    stage.disconnect("A", socket);
    await stage.arrived(13);
    stage.compare();
  });

  it("official-server-stop", async () => {
    const stage = await OfficialClientReplay.open("official-server-stop");
    const { socket, channel } = enterLobby(stage);
    channel.onClose((...args) => stage.tell("A", "channel.onClose", { args }));
    await stage.arrived(5);
    channel.push("stop", {});
    await stage.arrived(7);
    expect(channel.state).toBe("closed");
    stage.disconnect("A", socket);
    await stage.arrived(9);
    stage.compare();
  });

  for (const [scenario, end, joined] of [
    [
      "official-server-disconnect",
      (stage: OfficialClientReplay) => stage.server.endpoint.disconnect("users:43"),
      11,
    ],
    ["official-malformed-then-reconnect", (stage: OfficialClientReplay) => stage.write("A", "{nope"), 13],
  ] as const) {
    it(scenario, async () => {
      const stage = await OfficialClientReplay.open(scenario);
      const { socket, channel } = enterLobby(stage, { uid: 43 });
      stage.followPresence("A", channel);
      channel.onError((...args) => stage.tell("A", "channel.onError", { args }));
      socket.onClose(({ code, wasClean }) => stage.tell("A", "socket.onClose", { code, wasClean }));
      await stage.arrived(5);
      end(stage);
      await stage.arrived(joined);
      stage.disconnect("A", socket);
      await stage.arrived(joined + 2);
      await stage.told();
      stage.compare();
    });
  }

  it("official-leave-then-rejoin-same-object-topic", async () => {
    const stage = await OfficialClientReplay.open(
      "official-leave-then-rejoin-same-object-topic",
      leaveAnswered,
    );
    const socket = stage.socket("A");
    socket.connect();
    const first = socket.channel("room:lobby1", { user_id: "alice" });
    first.onClose((...args) => stage.tell("A/first", "channel.onClose", { args: args.filter(isGiven) }));
    stage.join("A/first", first);
    await stage.arrived(5);
    first.leave().receive("ok", () => stage.tell("A/first", "leave ok"));
    const second = socket.channel("room:lobby1", { user_id: "alice" });
    second.onError((...args) => stage.tell("A/second", "channel.onError", { args }));
    stage.join("A/second", second);
    await stage.arrived(11);
    stage.disconnect("A", socket);
    await stage.arrived(13);
    await stage.told();
    stage.compare();
  });

  it("official-heartbeat", async () => {
    const stage = await OfficialClientReplay.open("official-heartbeat");
    const socket = stage.socket("A", {}, { heartbeatIntervalMs: 20 });
    socket.connect();
    await stage.arrived(7);
    stage.disconnect("A", socket);
    await stage.arrived(9);
    stage.compare();
  });

  it("official-binary-push", async () => {
    const stage = await OfficialClientReplay.open("official-binary-push");
    const socket = stage.socket("A");
    socket.connect();
    const channel = socket.channel("room:bin", { order: "state_only" });
    channel.on("bin_event", (data: ArrayBuffer) => stage.tell("A", "bin_event", { bytes: bytesOf(data) }));
    stage.join("A", channel);
    await stage.arrived(3);
    channel
      .push("ping", Uint8Array.of(1, 2, 3).buffer)
      .receive("ok", (data: ArrayBuffer) => stage.tell("A", "push ok", { bytes: bytesOf(data) }));
    await stage.arrived(5);
    channel.push("push_bin", Uint8Array.of(4).buffer);
    await stage.arrived(7);
    channel.push("shout_bin", Uint8Array.of(5).buffer);
    await stage.arrived(9);
    stage.disconnect("A", socket);
    await stage.arrived(11);
    stage.compare();
  });

  it("official-push-before-join", async () => {
    const stage = await OfficialClientReplay.open("official-push-before-join");
    const { socket, channel } = enterLobby(stage);
    for (const [event, payload] of [
      ["ping", { n: 1 }],
      ["fail", {}],
      ["late", {}],
      ["noreply", {}],
    ] as const) {
      const push = channel.push(event, payload, event === "noreply" ? 100 : 30_000);
      for (const status of ["ok", "error"] as const)
        push.receive(status, (d) => stage.tell("A", `push ${status}`, { d }));
      push.receive("timeout", () => stage.tell("A", "push timeout"));
    }
    await stage.arrived(11);
    stage.clock.advance(60);
    await stage.told();
    stage.disconnect("A", socket);
    await stage.arrived(14);
    stage.compare();
  });

  it("official-connection-refused-403", async () => {
    const stage = await OfficialClientReplay.open("official-connection-refused-403");
    const errors: string[] = [];
    const socket = stage.socket("A", { token: "bad" }, { reconnectAfterMs: () => 60_000 });
    socket.onError((error) => void errors.push(String((error as unknown as Error).message)));
    socket.connect();
    await stage.arrived(2);
    stage.disconnect("A", socket);
    expect(errors).toEqual(["Unexpected server response: 403"]);
    expect(socket.isConnected()).toBe(false);
    stage.compare();
  });
});

function enterLobby(stage: OfficialClientReplay, params: object = {}) {
  const socket = stage.socket("A", params);
  socket.connect();
  const channel = socket.channel("room:lobby1", { user_id: "alice" });
  stage.join("A", channel);
  return { socket, channel };
}

function isGiven(value: unknown): boolean {
  return value !== undefined;
}

function bytesOf(data: ArrayBuffer): number[] {
  return [...new Uint8Array(data)];
}

/** A race: the reference left the leave without a reply this time. We always reply, and close before the new join. */
function leaveAnswered(frames: readonly TraceFrame[]): readonly TraceFrame[] {
  const [joinReply, close] = frames.filter(({ i }) => i === 8 || i === 9) as [TraceFrame, TraceFrame];
  const leaveReply = ["3", "4", "room:lobby1", "phx_reply", { response: {}, status: "ok" }];
  const reply: TraceFrame = { i: 8, conn: "A", from: "server", output: wordOf(leaveReply) };
  return frames.flatMap((frame) =>
    frame === joinReply ? [reply, close, joinReply] : frame === close ? [] : [frame],
  );
}
