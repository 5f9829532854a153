import { expect, it } from "vitest";
import { Intervals } from "../../src/crdt/intervals.ts";
import { DOWN, HEARTBEAT_INTERVAL, PERIOD, ReplicaHarness, tokyoAndParis } from "./replica-harness.ts";

it("waits for an own heartbeat, one period, and the presences of each peer, unless the peer goes down", () => {
  const { paris } = tokyoAndParis();
  const lima = new ReplicaHarness("lima");
  lima.now = paris.now;
  const syncedCount = () => lima.effects.filter(({ type }) => type === "synced").length;
  lima.advance(3 * PERIOD, { isDeaf: true });
  expect(syncedCount()).toBe(0);
  const heartbeat = paris.forge({
    type: "heartbeat",
    seen: Intervals.range(1, 5),
    digest: 1,
    leaveDelayMs: 0,
    heartbeatIntervalMs: HEARTBEAT_INTERVAL,
    others: [],
  });
  lima.receive(...heartbeat);
  lima.advance(5 * PERIOD);
  expect(syncedCount()).toBe(0);
  lima.advance(DOWN);
  expect(syncedCount()).toBe(1);
});
