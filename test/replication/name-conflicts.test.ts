import { describe, expect, it } from "vitest";
import { Intervals } from "../../src/crdt/intervals.ts";
import type { ReplicaMessage } from "../../src/wire/replica-message.ts";
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

describe("a replica that hears a message under its id that it never sent", () => {
  const idsOf = ({ effects }: ReplicaHarness) =>
    effects.flatMap((effect) => (effect.type === "renamed" ? [effect.to.id] : []));

  it("takes a new id when its id says that it leaves, and peers keep its presences", () => {
    const { tokyo, paris } = tokyoAndParis();
    const leaving = tokyo.forge({ type: "leaving", lingerMs: 0, lastDot: 0 });
    tokyo.receive(...leaving);
    paris.receive(...leaving);
    expect(tokyo.replication.self).toMatchObject({ name: "tokyo~tokyo-1", id: "tokyo-1" });
    expect(tokyo.warnings).toEqual(["DUPLICATE_REPLICA"]);
    exchangeUntilQuiet(tokyo, paris);
    expect(paris.keys("lobby")).toEqual(["alice"]);
    expect(tokyo.keys("lobby")).toEqual(["alice"]);
  });

  it.each(["delta", "heartbeat", "pull", "push"])(
    "takes a new id when a %s has a counter above its own",
    (type) => {
      const { tokyo } = tokyoAndParis();
      const bodies: Record<string, object> = {
        delta: {
          type: "delta",
          seen: Intervals.empty(),
          fragment: { replica: "tokyo", seen: Intervals.empty(), live: [], leaves: [] },
        },
        heartbeat: {
          type: "heartbeat",
          seen: Intervals.empty(),
          digest: 0,
          leaveDelayMs: 0,
          heartbeatIntervalMs: HEARTBEAT_INTERVAL,
          others: [],
        },
        pull: { type: "pull", to: "paris", request: 1, wants: [] },
        push: { type: "push", to: "paris", request: 1, fragments: [] },
      };
      const { self } = tokyo.replication;
      const message = { ...bodies[type]!, sender: self, counter: 8 } as unknown as ReplicaMessage;
      tokyo.step({ type: "message", message, sentCounter: 8 });
      expect(idsOf(tokyo)).toEqual([]);
      tokyo.step({ type: "message", message, sentCounter: 7 });
      expect(idsOf(tokyo)).toEqual(["tokyo-1"]);
      expect(tokyo.warnings).toEqual(["DUPLICATE_REPLICA"]);
      // The same message again is one of the former id.
      tokyo.step({ type: "message", message, sentCounter: 9 });
      expect(idsOf(tokyo)).toEqual(["tokyo-1"]);
    },
  );

  it("does not take the echo of its own leaving for that of a stranger", () => {
    const { tokyo } = tokyoAndParis();
    tokyo.takeSent();
    tokyo.step({ type: "close", lingerMs: 0 });
    tokyo.receive(...tokyo.takeSent());
    tokyo.advance(100);
    expect(idsOf(tokyo)).toEqual([]);
    expect(tokyo.warnings).toEqual([]);
  });

  it("does not take the leaving of its former id for that of a stranger, however late it comes back", () => {
    const { tokyo } = tokyoAndParis();
    tokyo.receive(...new ReplicaHarness("tokyo", { id: "later", startedAt: 5 }).takeSent());
    const sent = tokyo.takeSent();
    expect(sent.map(({ type }) => type)).toContain("leaving");
    for (let time = 0; time < 5; time++) {
      tokyo.receive(...sent);
      tokyo.advance(10_000);
    }
    expect(tokyo.warnings).toEqual(["DUPLICATE_REPLICA"]);
  });

  it("takes few new ids when a stranger attacks each of them, and gets over it", () => {
    const { tokyo, paris } = tokyoAndParis();
    const attack = [
      () => tokyo.receive(...tokyo.forge({ type: "leaving", lingerMs: 0, lastDot: 0 })),
      () => {
        const { self } = tokyo.replication;
        tokyo.step({
          type: "message",
          message: { type: "pull", to: "x", request: 1, wants: [], sender: self, counter: 9 },
          sentCounter: 8,
        });
      },
      () =>
        tokyo.receive(
          ...new ReplicaHarness(tokyo.replication.self.name, {
            id: `later ${tokyo.now}`,
            startedAt: tokyo.now,
          }).takeSent(),
        ),
      () => {
        const other = { ...tokyo.replication.self, seen: Intervals.range(1, 1_000_000) };
        const heartbeat = {
          type: "heartbeat",
          seen: Intervals.empty(),
          digest: 0,
          leaveDelayMs: 0,
          others: [other],
        } as const;
        tokyo.receive(...paris.forge({ ...heartbeat, heartbeatIntervalMs: HEARTBEAT_INTERVAL }));
      },
    ];
    for (let round = 0; round < 600; round++) {
      attack[round % attack.length]!();
      tokyo.advance(1_000);
    }
    const ids = idsOf(tokyo);
    expect(ids.length).toBeGreaterThan(8);
    expect(ids.length).toBeLessThan(22);
    expect(tokyo.warnings.filter((code) => code === "DUPLICATE_REPLICA")).toHaveLength(ids.length);
    tokyo.advance(3 * 16 * HEARTBEAT_INTERVAL);
    paris.now = tokyo.now;
    tokyo.takeSent();
    tokyo.advance(HEARTBEAT_INTERVAL);
    exchangeUntilQuiet(tokyo, paris);
    expect(tokyo.keys("lobby")).toEqual(["alice"]);
    expect(paris.replication.members.getUp(tokyo.replication.self.id)).toBeDefined();
    expect(paris.keys("lobby")).toContain("alice");
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
