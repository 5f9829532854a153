import { describe, expect, it } from "vitest";
import { countOnly } from "../../src/presence/count-only.ts";
import { EarlyLeaves } from "../../src/testing/simulation/checks/early-leaves.ts";
import { SimulatedCluster } from "../../src/testing/simulation/simulated-cluster.ts";
import { startNode } from "../../src/testing/simulation/simulated-node.ts";
import type { SimulatedTrackerOptions } from "../../src/testing/simulation/tracker-times.ts";

const TIMES = { flushDelayMs: 10, broadcastPeriodMs: 1_500 };

describe("EarlyLeaves", () => {
  it("accept one early leave for each newcomer with the same topic and key", () => {
    const early = new EarlyLeaves();
    early.joined("lobby", "alice", 10_000, TIMES);
    early.leftEarly("lobby", "alice", 9_000);
    expect([...early.unexplained()]).toEqual([]);
    early.leftEarly("lobby", "alice", 8_000);
    expect([...early.unexplained()]).toEqual([
      "2 presences of alice in lobby that waited since 8.000 s or later left early, but 1 newcomers explain that",
    ]);
    expect([...early.unexplained()]).toEqual([]);
  });

  it.each([
    ["of another key", "lobby", "bob", 10_000],
    ["of another topic", "kitchen", "alice", 10_000],
    ["that came long before", "lobby", "alice", 7_300],
  ])("accept no early leave for a newcomer %s", (_, topic, key, joinedAt) => {
    const early = new EarlyLeaves();
    early.joined(topic, key, joinedAt, TIMES);
    early.leftEarly("lobby", "alice", 9_000);
    expect([...early.unexplained()]).toHaveLength(1);
  });

  it("accept an early leave for a newcomer that came before the news", () => {
    const early = new EarlyLeaves();
    early.joined("lobby", "alice", 7_500, TIMES);
    early.leftEarly("lobby", "alice", 9_000);
    expect([...early.unexplained()]).toEqual([]);
  });
});

const MODES = {
  presences: {},
  counts: { replicate: "counts", fetch: countOnly("alice", "bob") },
} satisfies Record<string, SimulatedTrackerOptions>;

describe.each(["presences", "counts"] as const)(
  "a simulated cluster of %s counts as early leaves",
  (mode) => {
    function tokyoAndParis() {
      const trackerOptions = { leaveDelayMs: 5_000, ...MODES[mode] };
      const conditions = { delayMs: [1, 5] as const };
      const cluster = new SimulatedCluster({ seed: 1, trackerOptions, conditions, recordLog: false });
      const tokyo = startNode(cluster, "tokyo", "tokyo");
      const paris = startNode(cluster, "paris", "paris");
      cluster.advance(5_000);
      tokyo.track("socket 1", "lobby", "alice");
      cluster.advance(5_000);
      return { cluster, tokyo, paris };
    }

    it.each(["tokyo", "paris"] as const)("a presence that a newcomer at %s supersedes", (name) => {
      const { cluster, ...nodes } = tokyoAndParis();
      nodes.tokyo.track("socket 2", "lobby", "alice");
      nodes.tokyo.end("socket 1");
      cluster.advance(1_000);
      nodes[name].track("socket 3", "lobby", "alice");
      cluster.advance(1_000);
      expect(nodes.tokyo.count("lobby")).toBe(2);
      expect(cluster.earlyLeaves.count).toBe(1);
    });

    it("no presence that leaves in time, is updated, is untracked, or comes back to its owner", () => {
      const { cluster, tokyo, paris } = tokyoAndParis();
      tokyo.update("socket 1", "lobby", "alice", { device: "phone" });
      tokyo.end("socket 1");
      cluster.advance(1_000);
      tokyo.track("socket 1", "lobby", "alice", { device: "laptop" });
      cluster.advance(1_000);
      tokyo.end("socket 1");
      cluster.advance(6_000);
      expect(paris.count("lobby")).toBe(0);
      paris.track("socket 2", "lobby", "alice");
      paris.untrack("socket 2");
      paris.track("socket 3", "lobby", "alice");
      paris.end("socket 3");
      paris.untrack("socket 3");
      cluster.advance(6_000);
      expect(cluster.earlyLeaves.count).toBe(0);
    });
  },
);
