import { expect, it } from "vitest";
import { SimulatedCluster } from "../../../src/testing/simulation/simulated-cluster.ts";
import { startNode } from "../../../src/testing/simulation/simulated-node.ts";
import { checkHealed, healingMs, waitUntilAllHear } from "./healed-checks.ts";

function tokyoAndParis() {
  const conditions = { delayMs: [1, 5] as const };
  const cluster = new SimulatedCluster({ seed: 1, trackerOptions: {}, conditions, recordLog: false });
  const tokyo = startNode(cluster, "tokyo", "tokyo");
  const paris = startNode(cluster, "paris", "paris");
  cluster.advance(10_000);
  return { cluster, tokyo, paris };
}

it.each([
  ["for the first time", 0],
  ["again after many attempts to subscribe", 600_000],
])("a node that is deaf when the faults end, %s, hears all others before it is checked", (_, deafMs) => {
  const { cluster, tokyo, paris } = tokyoAndParis();
  if (deafMs > 0) {
    cluster.cut("tokyo", "tokyo");
    cluster.advance(deafMs);
    cluster.heal();
    cluster.advance(2_000);
  }
  cluster.deafen("tokyo");
  paris.track("socket", "lobby", "bob");
  waitUntilAllHear(cluster);
  expect(cluster.network.canHear("tokyo")).toBe(true);
  cluster.advance(healingMs(cluster));
  checkHealed(cluster);
  expect(tokyo.keys("lobby")).toEqual(["bob"]);
});

it("reports a node that never hears again", () => {
  const { cluster } = tokyoAndParis();
  cluster.cut("tokyo", "tokyo");
  expect(() => waitUntilAllHear(cluster)).toThrow("tokyo: is still deaf");
});
