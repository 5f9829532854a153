import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DriverName, drivers } from "../../scripts/brokers/drivers.ts";
import { isInstalled } from "../../scripts/brokers/recipes.ts";
import { restartOneByOne } from "./rolling-restart.ts";
import { type BrokerCluster, withBrokerCluster } from "./support/broker-cluster.ts";
import { bundleNode, type NodeProcess } from "./support/node-process.ts";
import { SHORT_PERIODS } from "./support/trackers.ts";

/**
 * Tests of node processes over a broker, where the broker and the processes fail. The tests mostly wait, so they
 * run concurrently. The short suite has only the tests that matter for a second client library of the same broker.
 */
export function clusterSuite(driver: DriverName, { isShort = false }: { isShort?: boolean } = {}): void {
  const { broker } = drivers[driver];
  describe.skipIf(!isInstalled(broker))(`a cluster over ${driver}`, () => {
    let program: Awaited<ReturnType<typeof bundleNode>>;
    const withCluster = (run: (cluster: BrokerCluster) => Promise<void>) =>
      withBrokerCluster(driver, program.path, run);

    beforeAll(async () => {
      program = await bundleNode();
    });

    afterAll(() => program.remove());

    it.concurrent("loses no presence when the broker restarts, and shows later joins", () =>
      withCluster(async ({ server, threeNodes }) => {
        const { tokyo, all } = await threeNodes();
        await server.restart();
        tokyo.track("dave");
        for (const { log } of all) await log.lists("alice", "bob", "carol", "dave");
        for (const node of all) expectNoLosses(node);
      }));

    it.concurrent("removes the presences of a killed process, and keeps those of a paused one", () =>
      withCluster(async ({ node, threeNodes }) => {
        const [{ tokyo, paris, lima }, oslo] = await Promise.all([threeNodes(), node("oslo")]);
        oslo.track("dave");
        for (const { log } of [tokyo, paris, lima, oslo]) await log.until(() => log.keys.has("dave"), "dave");
        oslo.freeze();
        await lima.kill();
        for (const { log } of [tokyo, paris]) await log.lists("alice", "bob");
        tokyo.track("erin");
        oslo.thaw();
        for (const { log } of [tokyo, paris, oslo]) await log.lists("alice", "bob", "dave", "erin");
        for (const each of [tokyo, paris, oslo]) {
          const { numbers } = await each.show();
          expect(numbers).toEqual({ "lobby alice": 1, "lobby bob": 1, "lobby dave": 1, "lobby erin": 1 });
        }
      }));

    if (isShort) return;

    it.concurrent("loses no presence while the broker is away for longer than downPeriodMs", () =>
      withCluster(async ({ server, threeNodes }) => {
        const { paris, all } = await threeNodes();
        await server.kill();
        paris.track("dave");
        // Nothing happens during the outage that the test could wait for.
        await pause(SHORT_PERIODS.downPeriodMs * 1.5);
        await server.start();
        for (const { log } of all) await log.lists("alice", "bob", "carol", "dave");
        for (const node of all) expectNoLosses(node);
      }));

    it.concurrent("hides a node that is cut off, which itself hides no other, and shows it again when it reconnects", () =>
      withCluster(async ({ startProxy, threeNodes }) => {
        const proxy = await startProxy();
        const { port } = proxy;
        const { tokyo, paris, lima, all } = await threeNodes(port);
        // The connection is cut and restored at once: no node notices.
        proxy.cut();
        tokyo.track("dave");
        for (const { log } of all) await log.lists("alice", "bob", "carol", "dave");
        for (const node of all) expectNoLosses(node);

        proxy.close();
        for (const { log } of [paris, lima]) await log.lists("bob", "carol");
        paris.track("erin");
        await lima.log.lists("bob", "carol", "erin");
        await tokyo.log.lists("alice", "bob", "carol", "dave");
        expectNoLosses(tokyo);
        await proxy.open(port);
        for (const { log } of all) await log.lists("alice", "bob", "carol", "dave", "erin");
      }));

    for (const names of ["stable", "fresh"] as const) {
      it.concurrent(
        `shows each presence all the time, and twice for two messages at most, during a rolling restart with ${names} names`,
        () => withCluster((cluster) => restartOneByOne(cluster, names)),
        LONG_MS,
      );
    }
  });
}

/** A safety limit: three starts in a row, concurrent with all other tests, on a busy machine. */
const LONG_MS = 400_000;

function expectNoLosses({ log }: NodeProcess): void {
  const losses = log.entries.filter(
    (entry) =>
      "replica-down" in entry || "warning" in entry || ((entry["leaves"] as string[]) ?? []).length > 0,
  );
  expect(losses).toEqual([]);
}
