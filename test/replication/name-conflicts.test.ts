import { describe, expect, it } from "vitest";
import { Intervals } from "../../src/crdt/intervals.ts";
import {
  DOWN,
  exchangeUntilQuiet,
  HEARTBEAT_INTERVAL,
  PERIOD,
  ReplicaHarness,
  tokyoAndParis,
} from "./replica-harness.ts";

describe("a replica whose id another process uses", () => {
  it("takes a new id when a peer has seen events that it never made, as after a restored snapshot", () => {
    const { tokyo, paris } = tokyoAndParis();
    const twin = new ReplicaHarness("tokyo");
    twin.now = tokyo.now;
    twin.join(1, "lobby", "alice");
    tokyo.join(2, "lobby", "bob");
    exchangeUntilQuiet(tokyo, paris);
    const before = twin.replication.self;
    const heartbeat = paris.forge({
      type: "heartbeat",
      seen: Intervals.empty(),
      digest: 0,
      leaveDelayMs: 0,
      heartbeatIntervalMs: HEARTBEAT_INTERVAL,
      others: [{ ...before, seen: paris.replication.presences.seenOf("tokyo") }],
    });
    twin.receive(...heartbeat);
    expect(twin.replication.self).toMatchObject({ name: "tokyo~tokyo-1", id: "tokyo-1" });
    expect(twin.warnings).toEqual(["DUPLICATE_REPLICA"]);
    expect(twin.keys("lobby")).toEqual(["alice"]);
    expect(twin.effects.filter(({ type }) => type === "renamed")).toHaveLength(1);
    exchangeUntilQuiet(twin, paris);
    expect(paris.keys("lobby")).toEqual(["alice", "alice", "bob"]);
  });

  it("takes a new id when a message that it never sent arrives under its id", () => {
    const { tokyo } = tokyoAndParis();
    const twin = new ReplicaHarness("tokyo");
    for (let owner = 1; owner <= 5; owner++) twin.join(owner, "lobby", `twin ${owner}`);
    twin.advance(100);
    tokyo.receive(...twin.takeSent());
    expect(tokyo.replication.self.id).toBe("tokyo-1");
  });
});

describe("a replica whose name another process uses", () => {
  it("gives up the name once if the other process started later, and peers keep its presences", () => {
    const { tokyo, paris } = tokyoAndParis();
    const later = new ReplicaHarness("tokyo", { id: "later", startedAt: 5 });
    later.now = tokyo.now;
    const heartbeat = later.takeSent();
    tokyo.receive(...heartbeat);
    paris.receive(...heartbeat);
    expect(tokyo.replication.self.name).toBe("tokyo~tokyo-1");
    expect(tokyo.warnings).toEqual(["DUPLICATE_REPLICA"]);
    exchangeUntilQuiet(tokyo, paris);
    expect(paris.keys("lobby")).toEqual(["alice"]);
    expect([...paris.replication.members.all()].map(({ sender }) => sender.id).sort()).toEqual([
      "later",
      "tokyo-1",
    ]);
    exchangeUntilQuiet(tokyo, later);
    expect([tokyo.replication.self.id, later.replication.self.id]).toEqual(["tokyo-1", "later"]);
  });

  it("keeps the name if the other process started earlier, and ignores its messages", () => {
    const { tokyo } = tokyoAndParis();
    const later = new ReplicaHarness("tokyo", { id: "later", startedAt: 5 });
    tokyo.join(2, "lobby", "bob");
    tokyo.advance(100);
    later.receive(...tokyo.takeSent());
    expect([later.replication.self.id, later.keys("lobby"), later.warnings]).toEqual(["later", [], []]);
  });

  it("ignores late messages under its old id, even if no replica with its old name is up", () => {
    const { tokyo } = tokyoAndParis();
    tokyo.join(2, "lobby", "bob");
    tokyo.advance(100);
    const late = tokyo.takeSent();
    tokyo.receive(...new ReplicaHarness("tokyo", { id: "later", startedAt: 5 }).takeSent());
    tokyo.advance(DOWN + 2 * PERIOD);
    tokyo.receive(...late);
    expect(tokyo.replication.members.get("tokyo")).toBeUndefined();
    expect(tokyo.keys("lobby")).toEqual(["alice", "bob"]);
  });
});
