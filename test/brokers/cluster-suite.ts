import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DriverName, drivers } from "../../scripts/brokers/drivers.ts";
import { isInstalled } from "../../scripts/brokers/recipes.ts";
import { restartOneByOne } from "./rolling-restart.ts";
import { type BrokerCluster, withBrokerCluster as onStageOf } from "./support/broker-cluster.ts";
import { bundleNode, type NodeProcess } from "./support/node-process.ts";
import { SHORT_PERIODS } from "./support/periods.ts";

/**
 * Presences in processes of their own, over a broker that is hurt, and hurt themselves. Mostly they wait: so all at once. A short suite has what a
 * second client of the same broker can break.
 */
export function clusterSuite(driver: DriverName, { isShort = false }: { isShort?: boolean } = {}): void {
  const { broker } = drivers[driver];
  describe.skipIf(!isInstalled(broker))(`a cluster over ${driver}`, () => {
    let program: Awaited<ReturnType<typeof bundleNode>>;
    const onStage = (play: (stage: BrokerCluster) => Promise<void>) => onStageOf(driver, program.path, play);

    beforeAll(async () => {
      program = await bundleNode();
    });

    afterAll(() => program.remove());

    it.concurrent("loses nobody by a restart of the broker, and hears news after it", () =>
      onStage(async ({ server, threeNodes }) => {
        const { tokyo, all } = await threeNodes();
        await server.restart();
        tokyo.track("dave");
        for (const { diary } of all) await diary.lists("alice", "bob", "carol", "dave");
        for (const node of all) expectNobodyGone(node);
      }));

    it.concurrent("forgets a process that was killed, and takes one back that was paused", () =>
      onStage(async ({ node, threeNodes }) => {
        const [{ tokyo, paris, lima }, oslo] = await Promise.all([threeNodes(), node("oslo")]);
        oslo.track("dave");
        for (const { diary } of [tokyo, paris, lima, oslo])
          await diary.until(() => diary.keys.has("dave"), "dave");
        oslo.freeze();
        await lima.kill();
        for (const { diary } of [tokyo, paris]) await diary.lists("alice", "bob");
        tokyo.track("erin");
        oslo.thaw();
        for (const { diary } of [tokyo, paris, oslo]) await diary.lists("alice", "bob", "dave", "erin");
        for (const each of [tokyo, paris, oslo]) {
          expect(await each.list()).toEqual(["alice", "bob", "dave", "erin"].map((key) => `lobby ${key}`));
        }
      }));

    if (isShort) return;

    it.concurrent("loses nobody while the broker is away for longer than downPeriodMs", () =>
      onStage(async ({ server, threeNodes }) => {
        const { paris, all } = await threeNodes();
        await server.kill();
        paris.track("dave");
        // No condition to wait for, as nothing happens: the outage itself must last.
        await pause(SHORT_PERIODS.downPeriodMs * 1.5);
        await server.start();
        for (const { diary } of all) await diary.lists("alice", "bob", "carol", "dave");
        for (const node of all) expectNobodyGone(node);
      }));

    it.concurrent("hides a node that is cut off on its own, which hides nobody, and shows it when it is back", () =>
      onStage(async ({ proxy, threeNodes }) => {
        const line = await proxy();
        const { port } = line;
        const { tokyo, paris, lima, all } = await threeNodes(port);
        // Cut, and let back in at once: nobody notices.
        line.cut();
        tokyo.track("dave");
        for (const { diary } of all) await diary.lists("alice", "bob", "carol", "dave");
        for (const node of all) expectNobodyGone(node);

        line.close();
        for (const { diary } of [paris, lima]) await diary.lists("bob", "carol");
        paris.track("erin");
        await lima.diary.lists("bob", "carol", "erin");
        await tokyo.diary.lists("alice", "bob", "carol", "dave");
        expectNobodyGone(tokyo);
        await line.open(port);
        for (const { diary } of all) await diary.lists("alice", "bob", "carol", "dave", "erin");
      }));

    for (const names of ["stable", "fresh"] as const) {
      it.concurrent(
        `shows nobody absent, and nobody twice, while all restart one by one under ${names} names`,
        () => onStage((stage) => restartOneByOne(stage, names)),
        LONG_MS,
      );
    }
  });
}

/** Ends what would never end: three starts in a row, beside all the others, on the busiest machine. */
const LONG_MS = 400_000;

function expectNobodyGone({ diary }: NodeProcess): void {
  const gone = diary.entries.filter(
    (entry) =>
      "replica-down" in entry || "warning" in entry || ((entry["leaves"] as string[]) ?? []).length > 0,
  );
  expect(gone).toEqual([]);
}
