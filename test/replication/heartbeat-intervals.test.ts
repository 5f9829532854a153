import { describe, expect, it } from "vitest";
import { Intervals } from "../../src/crdt/intervals.ts";
import type { ReplicaMessage } from "../../src/wire/replica-message.ts";
import { DOWN, HEARTBEAT_INTERVAL, PERIOD, PERMDOWN, ReplicaHarness } from "./replica-harness.ts";

/** A heartbeat of a peer that states this interval and lists tokyo. */
function heartbeatOf(
  peer: ReplicaHarness,
  heartbeatIntervalMs: number,
  seen = Intervals.empty(),
): ReplicaMessage[] {
  return peer.forge({
    type: "heartbeat",
    seen,
    digest: 0,
    leaveDelayMs: 0,
    heartbeatIntervalMs,
    others: [{ name: "tokyo", id: "tokyo", startedAt: 0, seen: Intervals.empty() }],
  });
}

function statusOf(replica: ReplicaHarness, id: string): string | undefined {
  return replica.replication.members.get(id)?.status;
}

describe("a peer with another heartbeat interval", () => {
  it.each([
    [0, 1],
    [1, 1],
    [HEARTBEAT_INTERVAL, 1],
    [2.5 * HEARTBEAT_INTERVAL, 2.5],
    [10 * HEARTBEAT_INTERVAL, 10],
    [11 * HEARTBEAT_INTERVAL, 10],
    [2 ** 30, 10],
  ])("that states %i ms is down after %d times downPeriodMs", (intervalMs, slowness) => {
    const tokyo = new ReplicaHarness("tokyo");
    tokyo.receive(...heartbeatOf(new ReplicaHarness("paris"), intervalMs));
    tokyo.advance(DOWN * slowness - 10);
    expect(statusOf(tokyo, "paris")).toBe("up");
    tokyo.advance(PERIOD + 10);
    expect(statusOf(tokyo, "paris")).toBe("down");
  });

  it("waits at most ten times as long, whatever interval a peer states", () => {
    const tokyo = new ReplicaHarness("tokyo");
    tokyo.receive(...heartbeatOf(new ReplicaHarness("paris"), 2 ** 30));
    tokyo.advance(10 * DOWN + PERIOD);
    expect(statusOf(tokyo, "paris")).toBe("down");
  });

  it("keeps a slow peer that is down as long as any other before it forgets it", () => {
    const tokyo = new ReplicaHarness("tokyo");
    tokyo.receive(...heartbeatOf(new ReplicaHarness("paris"), 4 * HEARTBEAT_INTERVAL));
    tokyo.advance(4 * DOWN + PERMDOWN - DOWN - PERIOD);
    expect(statusOf(tokyo, "paris")).toBe("down");
    tokyo.advance(2 * PERIOD);
    expect(statusOf(tokyo, "paris")).toBeUndefined();
  });

  it("pulls from a slow peer between two of its heartbeats", () => {
    const tokyo = new ReplicaHarness("tokyo");
    const paris = new ReplicaHarness("paris");
    tokyo.receive(...heartbeatOf(paris, 5 * HEARTBEAT_INTERVAL));
    tokyo.advance(4 * HEARTBEAT_INTERVAL);
    tokyo.takeSent();
    tokyo.receive(
      ...paris.forge({
        type: "delta",
        seen: Intervals.range(1, 3),
        operations: [{ leaves: [{ leave: 3, ended: 2 }] }],
      }),
    );
    tokyo.advance(100);
    expect(tokyo.takeSent()).toContainEqual(expect.objectContaining({ type: "pull", to: "paris" }));
  });

  it("does not learn the interval from a late heartbeat", () => {
    const tokyo = new ReplicaHarness("tokyo");
    const paris = new ReplicaHarness("paris");
    const late = heartbeatOf(paris, 10 * HEARTBEAT_INTERVAL);
    tokyo.receive(...heartbeatOf(paris, HEARTBEAT_INTERVAL), ...late);
    tokyo.advance(DOWN + PERIOD);
    expect(statusOf(tokyo, "paris")).toBe("down");
  });

  it("reports at most 16 intervals", () => {
    const tokyo = new ReplicaHarness("tokyo");
    const paris = new ReplicaHarness("paris");
    for (let interval = 1; interval <= 1_000; interval++) tokyo.receive(...heartbeatOf(paris, interval));
    expect(tokyo.warnings).toEqual(new Array(16).fill("HEARTBEAT_INTERVAL"));
  });

  it("is reported with both intervals and with advice, and says when it is too slow", () => {
    const tokyo = new ReplicaHarness("tokyo");
    const paris = new ReplicaHarness("paris");
    tokyo.receive(...heartbeatOf(paris, 45_000), ...heartbeatOf(paris, 45_000), ...heartbeatOf(paris, 12));
    const warnings = tokyo.effects.flatMap((effect) => (effect.type === "warning" ? [effect.warning] : []));
    expect(warnings).toMatchObject([
      { heartbeatIntervalMs: 45_000, ownHeartbeatIntervalMs: HEARTBEAT_INTERVAL },
      { heartbeatIntervalMs: 12, ownHeartbeatIntervalMs: HEARTBEAT_INTERVAL },
    ]);
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /"paris" sends .* 45000 ms.* 3000 ms.* more than 10 times .* same broadcastPeriodMs/,
      ),
      expect.stringMatching(/"paris" sends .* 12 ms.* waits longer .* same broadcastPeriodMs/),
    ]);
  });
});
