import { expect } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import { NodeLog } from "../cluster/node-log.ts";
import type { BrokerCluster } from "./support/broker-cluster.ts";
import { ChurnLoad } from "./support/churn-load.ts";
import type { NodeProcess } from "./support/node-process.ts";
import { Visitor } from "./support/visitor.ts";

const OPTIONS = {
  /** More than a visitor needs to be elsewhere, on the busiest machine. */
  leaveDelayMs: 10_000,
  diffWindowMs: 20,
  /** Nobody dies here: who is slow is not to be taken for dead. */
  downPeriodMs: 60_000,
  permdownPeriodMs: 120_000,
};

/**
 * Three processes end and start again, one after the other, while guests come and go at all that are up. Visitors are
 * elsewhere as soon as their process lets go of them. What each process was told, moment by moment, is looked at in the end.
 */
export async function restartOneByOne({ node }: BrokerCluster, names: "stable" | "fresh"): Promise<void> {
  const all = await Promise.all(["tokyo", "paris", "lima"].map((name) => node(name, OPTIONS)));
  const up = new Set(all);
  const doors = () => [...up].map(({ visitorPort }) => visitorPort);
  const visitors = Array.from({ length: 12 }, (_, at) => new Visitor(`visitor ${at}`, doors, at));
  const everybodyIsIn = () =>
    waitUntil(
      () => visitors.every(({ port }) => port !== undefined && doors().includes(port)),
      "all visitors to be in",
    );
  const keys = visitors.map(({ key }) => key);
  const knowsAllVisitors = ({ diary }: NodeProcess) =>
    diary.until(() => keys.every((key) => diary.keys.has(key)), "all visitors");
  const guests = new ChurnLoad(up);
  try {
    await everybodyIsIn();
    await Promise.all(all.map(knowsAllVisitors));

    for (const old of [...up]) {
      expect(visitors.some(({ port }) => port === old.visitorPort)).toBe(true);
      up.delete(old);
      await old.close();
      await everybodyIsIn();
      const next = await node(names === "stable" ? old.name : `the new ${old.name}`, OPTIONS);
      // On a busy machine another may take longer to greet it than `synced` waits for.
      await knowsAllVisitors(next);
      all.push(next);
      up.add(next);
    }

    await guests.stop();
    const everybody = [...keys, ...guests.keys];
    for (const each of up) {
      await each.diary.lists(...everybody);
      expect(await each.list()).toEqual(everybody.map((key) => `lobby ${key}`).sort());
    }
  } finally {
    await guests.stop();
    for (const visitor of visitors) visitor.stop();
  }
  for (const each of all) expectNobodyMissed(each, keys);
}

/** Once shown, nobody is absent, nor counted twice by who knows that the one of the two goes. */
function expectNobodyMissed({ name, diary }: NodeProcess, visitors: readonly string[]): void {
  const replay = new NodeLog();
  for (const entry of diary.entries) {
    replay.write(entry);
    const { gone, leaves = [], twice = [] } = entry as Told;
    const shown = replay.keys;
    const missed = visitors.filter((key) => gone === key || (leaves.includes(key) && !shown.has(key)));
    expect({ name, missed, twice }).toEqual({ name, missed: [], twice: [] });
    expect(entry).not.toHaveProperty("replica-down");
    expect(entry).not.toHaveProperty("warning");
    expect(entry).not.toHaveProperty("error");
  }
}

interface Told {
  readonly gone?: string;
  readonly leaves?: readonly string[];
  readonly twice?: readonly string[];
}
