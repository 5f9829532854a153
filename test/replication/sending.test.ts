import { describe, expect, it } from "vitest";
import { Intervals } from "../../src/crdt/intervals.ts";
import {
  DOWN,
  exchangeUntilQuiet,
  HEARTBEAT_INTERVAL,
  PERIOD,
  ReplicaHarness,
  skipHeartbeatInterval,
  tokyoAndParis,
} from "./replica-harness.ts";

describe("a replica", () => {
  it("publishes its last changes before it leaves", () => {
    const { tokyo, paris } = tokyoAndParis({ leaveDelayMs: 60_000 });
    tokyo.join(2, "lobby", "bob");
    tokyo.takeSent();
    tokyo.step({ type: "close", lingerMs: 60_000 });
    paris.receive(...tokyo.takeSent());
    expect(paris.keys("lobby")).toEqual(["alice", "bob"]);
  });

  it("publishes pending changes before a heartbeat that advertises them", () => {
    const { tokyo } = tokyoAndParis();
    tokyo.now += HEARTBEAT_INTERVAL;
    tokyo.step({ type: "tick" });
    tokyo.now += HEARTBEAT_INTERVAL - 1;
    tokyo.takeSent();
    tokyo.join(2, "lobby", "bob");
    tokyo.now += 1;
    tokyo.step({ type: "tick" });
    expect(tokyo.takeSent().map(({ type }) => type)).toEqual(["delta", "heartbeat"]);
  });

  it("sends a heartbeat soon after it hears a replica again that was down", () => {
    const { tokyo, paris } = tokyoAndParis();
    paris.advance(DOWN + 2 * PERIOD);
    // The next regular heartbeat is a whole interval away.
    while (!paris.takeSent().some(({ type }) => type === "heartbeat")) paris.advance(10);
    paris.receive(...tokyo.forgeHeartbeat());
    paris.advance(100);
    expect(paris.takeSent().map(({ type }) => type)).toEqual(["heartbeat"]);
    expect(paris.keys("lobby")).toEqual(["alice"]);
  });

  it("lists no replica in its heartbeats that is down: it would not answer a pull for it", () => {
    const { tokyo, paris } = tokyoAndParis();
    const rome = new ReplicaHarness("rome");
    rome.now = paris.now;
    exchangeUntilQuiet(rome, paris);
    paris.advance(DOWN + 2 * PERIOD);
    expect(paris.replication.members.get("rome")?.status).toBe("down");
    paris.takeSent();
    paris.receive(...tokyo.forge({ type: "leaving", lingerMs: 0, lastDot: 0 }));
    paris.advance(HEARTBEAT_INTERVAL + 100);
    const heartbeats = paris.takeSent().filter((message) => message.type === "heartbeat");
    expect(heartbeats.flatMap(({ others }) => others)).toEqual([]);
  });

  it("answers a pull once, and publishes pending changes before the answer that contains them", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.join(2, "lobby", "bob");
    tokyo.takeSent();
    const wants = [{ replica: "tokyo", seen: Intervals.empty() }];
    const pull = paris.forge({ type: "pull", to: "tokyo", request: 900, wants });
    tokyo.receive(...pull, ...pull);
    expect(tokyo.takeSent().map(({ type }) => type)).toEqual(["delta", "push"]);
  });

  it("does not answer a pull for a replica that lingers", () => {
    const { tokyo, paris } = tokyoAndParis({ leaveDelayMs: 60_000 });
    const rome = new ReplicaHarness("rome", { leaveDelayMs: 60_000 });
    rome.now = paris.now;
    rome.join(1, "lobby", "rosa");
    exchangeUntilQuiet(rome, paris);
    paris.receive(...rome.forge({ type: "leaving", lingerMs: 60_000, lastDot: 0 }));
    expect(paris.keys("lobby")).toEqual(["alice", "rosa"]);
    paris.takeSent();
    const wants = ["rome", "tokyo"].map((replica) => ({ replica, seen: Intervals.empty() }));
    paris.receive(...tokyo.forge({ type: "pull", to: "paris", request: 900, wants }));
    const [push] = paris.takeSent().filter(({ type }) => type === "push");
    expect(push).toMatchObject({ fragments: [{ replica: "tokyo" }] });
    paris.advance(HEARTBEAT_INTERVAL + 100);
    const heartbeats = paris.takeSent().filter((message) => message.type === "heartbeat");
    expect(heartbeats.at(-1)?.others.map(({ id }) => id)).toEqual(["tokyo"]);
  });
});

describe("a disconnected replica", () => {
  it("holds its changes, up to a limit, and sends them as soon as it is connected again", () => {
    const { tokyo, paris } = tokyoAndParis();
    tokyo.step({ type: "disconnected" });
    for (let owner = 10; owner < 110; owner++) tokyo.join(owner, "lobby", `user ${owner}`);
    tokyo.advance(100);
    expect(tokyo.takeSent()).toEqual([]);
    tokyo.step({ type: "connected" });
    tokyo.step({ type: "tick" });
    const sent = tokyo.takeSent();
    expect(sent.map(({ type }) => type)).toEqual(["delta", "heartbeat"]);
    paris.receive(...sent);
    expect(paris.keys("lobby")).toHaveLength(101);

    tokyo.step({ type: "disconnected" });
    for (let round = 0; round < 3_000; round++) {
      tokyo.join(7, "lobby", "grace");
      tokyo.leave(7);
      if (round % 100 === 0) tokyo.advance(30);
    }
    tokyo.advance(30);
    tokyo.step({ type: "connected" });
    tokyo.step({ type: "tick" });
    const afterOverflow = tokyo.takeSent();
    const deltas = afterOverflow.filter((message) => message.type === "delta");
    expect(deltas).toHaveLength(1);
    expect(deltas[0]!.fragment.seen.size).toBeLessThan(4_300);
    paris.receive(...afterOverflow);
    exchangeUntilQuiet(tokyo, paris);
    skipHeartbeatInterval(tokyo, paris);
    exchangeUntilQuiet(tokyo, paris);
    const [ofTokyo, atParis] = [tokyo, paris].map(({ replication }) => replication.presences.seenOf("tokyo"));
    expect(atParis!.equals(ofTokyo!)).toBe(true);
  });
});
