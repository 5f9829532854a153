import { describe, expect, it } from "vitest";
import {
  exchangeUntilQuiet,
  HEARTBEAT_INTERVAL,
  PERIOD,
  PERMDOWN,
  ReplicaHarness,
  tokyoAndParis,
} from "./replica-harness.ts";

/** The first messages of a replica that a stranger has invented. */
function invented(name: string, now: number): ReplicaHarness {
  const replica = new ReplicaHarness(name);
  replica.now = now;
  return replica;
}

describe("a stranger that invents replicas", () => {
  it.each([1, 3])(
    "fills no more than maxReplicas, and drops no replica that is alive, with %i messages each",
    (messages) => {
      const tokyo = new ReplicaHarness("tokyo", { maxReplicas: 20 });
      const paris = new ReplicaHarness("paris");
      exchangeUntilQuiet(tokyo, paris);
      paris.join(1, "lobby", "bob");
      exchangeUntilQuiet(tokyo, paris);
      for (let number = 0; number < 500; number++) {
        const stranger = invented(`stranger ${number}`, tokyo.now);
        for (let sent = 0; sent < messages; sent++) tokyo.receive(...stranger.forgeHeartbeat());
        expect([...tokyo.replication.members.all()].length).toBeLessThanOrEqual(20);
      }
      expect(tokyo.keys("lobby")).toEqual(["bob"]);
      expect(tokyo.replication.members.getUp("paris")).toBeDefined();
      expect(tokyo.warnings).toEqual(["TOO_MANY_REPLICAS"]);
    },
  );

  it("does not keep out a new replica that is alive, unless the invented ones keep sending", () => {
    const tokyo = new ReplicaHarness("tokyo", { maxReplicas: 20 });
    for (let number = 0; number < 100; number++)
      tokyo.receive(...invented(`stranger ${number}`, 0).takeSent());
    const paris = invented("paris", tokyo.now);
    paris.join(1, "lobby", "bob");
    exchangeUntilQuiet(tokyo, paris);
    for (let number = 100; number < 200; number++)
      tokyo.receive(...invented(`stranger ${number}`, 0).takeSent());
    expect(tokyo.keys("lobby")).toEqual(["bob"]);
  });

  it("makes way for a new replica that is alive once the invented ones are down", () => {
    const tokyo = new ReplicaHarness("tokyo", { maxReplicas: 20 });
    for (let number = 0; number < 20; number++) {
      const stranger = invented(`stranger ${number}`, 0);
      tokyo.receive(...stranger.takeSent(), ...stranger.forgeHeartbeat());
    }
    const refused = invented("paris", tokyo.now);
    tokyo.receive(...refused.takeSent());
    expect(tokyo.replication.members.get("paris")).toBeUndefined();
    tokyo.advance(4 * HEARTBEAT_INTERVAL + PERIOD);
    const paris = invented("paris", tokyo.now);
    exchangeUntilQuiet(tokyo, paris);
    expect(tokyo.replication.members.getUp("paris")).toBeDefined();
  });

  it("replaces a replica by a later incarnation even if there is no room", () => {
    const tokyo = new ReplicaHarness("tokyo", { maxReplicas: 1 });
    const paris = new ReplicaHarness("paris");
    exchangeUntilQuiet(tokyo, paris);
    const later = new ReplicaHarness("paris", { id: "later", startedAt: 5 });
    later.now = tokyo.now;
    exchangeUntilQuiet(tokyo, later);
    expect(tokyo.replication.members.getUp("later")).toBeDefined();
  });
});

describe("a replica that asks for a long linger time", () => {
  it.each([
    ["what it announced", PERMDOWN, 2 ** 30, 20_000, 20_000],
    ["maxPeerLeaveDelayMs", 5_000, 60_000, 60_000, 5_000],
    ["permdownPeriodMs", Number.POSITIVE_INFINITY, 2 ** 30, 2 ** 30, PERMDOWN],
  ])("lingers at most %s", (_, maxPeerLeaveDelayMs, lingerMs, leaveDelayMs, expectedMs) => {
    const tokyo = new ReplicaHarness("tokyo", { maxPeerLeaveDelayMs });
    const paris = new ReplicaHarness("paris", { leaveDelayMs });
    exchangeUntilQuiet(tokyo, paris);
    paris.join(1, "lobby", "bob");
    exchangeUntilQuiet(tokyo, paris);
    tokyo.receive(...paris.forge({ type: "leaving", lingerMs, lastDot: 0 }));
    tokyo.advance(expectedMs - 20);
    expect(tokyo.keys("lobby")).toEqual(["bob"]);
    tokyo.advance(40);
    expect(tokyo.keys("lobby")).toEqual([]);
  });

  it("does not linger if it sent a single message before", () => {
    const { tokyo } = tokyoAndParis();
    const stranger = new ReplicaHarness("stranger", { leaveDelayMs: 60_000 });
    stranger.join(1, "lobby", "mallory");
    stranger.takeSent();
    stranger.now = 50;
    stranger.step({ type: "tick" });
    const [delta] = stranger.takeSent();
    tokyo.receive(delta!);
    expect(tokyo.keys("lobby")).toEqual(["alice", "mallory"]);
    tokyo.receive(...stranger.forge({ type: "leaving", lingerMs: 60_000, lastDot: 0 }));
    expect(tokyo.keys("lobby")).toEqual(["alice"]);
  });
});
