import { expect } from "vitest";
import { waitUntil } from "../../scripts/wait-until.ts";
import { NodeLog } from "../cluster/node-log.ts";
import type { BrokerCluster } from "./support/broker-cluster.ts";
import { ChurnLoad } from "./support/churn-load.ts";
import { PROBE_EVERY_MS } from "./support/message-times.ts";
import type { NodeProcess } from "./support/node-process.ts";
import { Visitor } from "./support/visitor.ts";

const OPTIONS = {
  /** Longer than a visitor needs to reconnect on a busy machine. */
  leaveDelayMs: 10_000,
  diffWindowMs: 20,
  /** No node dies in this test, so a slow node must not be declared down. */
  downPeriodMs: 60_000,
  permdownPeriodMs: 120_000,
  measuresMessages: true,
};

/**
 * Restarts three node processes one after the other, while guests join and leave at all of them. Visitors reconnect
 * to another node as soon as their node closes their connection. At the end, it checks every event in the log of
 * each process.
 */
export async function restartOneByOne({ node }: BrokerCluster, names: "stable" | "fresh"): Promise<void> {
  const all = await Promise.all(["tokyo", "paris", "lima"].map((name) => node(name, OPTIONS)));
  const up = new Set(all);
  const ports = () => [...up].map(({ visitorPort }) => visitorPort);
  const visitors = Array.from({ length: 12 }, (_, at) => new Visitor(`visitor ${at}`, ports, at));
  const allVisitorsConnected = () =>
    waitUntil(
      () => visitors.every(({ port }) => port !== undefined && ports().includes(port)),
      "all visitors to connect",
    );
  const keys = visitors.map(({ key }) => key);
  const knowsAllVisitors = ({ log }: NodeProcess) =>
    log.until(() => keys.every((key) => log.keys.has(key)), "all visitors");
  const guests = new ChurnLoad(up);
  try {
    await allVisitorsConnected();
    await Promise.all(all.map(knowsAllVisitors));

    for (const old of [...up]) {
      expect(visitors.some(({ port }) => port === old.visitorPort)).toBe(true);
      up.delete(old);
      await old.close();
      await allVisitorsConnected();
      const next = await node(names === "stable" ? old.name : `new ${old.name}`, OPTIONS);
      // On a busy machine, the initial sync may take longer than `synced` waits.
      await knowsAllVisitors(next);
      all.push(next);
      up.add(next);
    }

    await guests.stop();
    const everyKey = [...keys, ...guests.keys];
    for (const each of up) {
      await each.log.lists(...everyKey);
      const { numbers } = await each.show();
      expect(numbers).toEqual(Object.fromEntries(everyKey.map((key) => [`lobby ${key}`, 1])));
    }
  } finally {
    await guests.stop();
    for (const visitor of visitors) visitor.stop();
  }
  const messageMs = Math.max(...all.map(({ log }) => longestMessageMs(log)));
  for (const each of all) expectNoFalseLeaves(each, keys, messageMs);
}

/** How long a message has taken at most while this log was written. */
function longestMessageMs({ entries }: NodeLog): number {
  return Math.max(0, ...entries.map((entry) => (entry as NodeLogEntry).longestMessageMs ?? 0));
}

/** How long a node that has just started waits at least for news before its newcomers claim what left before. */
const NEWS_DELAY_MS = 100;

/**
 * Checks that no visitor was absent after it was shown, and that a visitor of a leaving node was counted twice for two messages
 * at most: the news goes to the visitor's new node, and that node's claim to the others.
 */
function expectNoFalseLeaves(
  { name, log }: NodeProcess,
  visitors: readonly string[],
  messageMs: number,
): void {
  const replay = new NodeLog();
  const allowedMs = 2 * messageMs + PROBE_EVERY_MS + OPTIONS.diffWindowMs + NEWS_DELAY_MS;
  /** Since when each key is counted twice. */
  const twiceSince = new Map<string, number>();
  for (const entry of log.entries) {
    replay.write(entry);
    const { gone, leaves = [], twice, at } = entry as NodeLogEntry;
    const shown = replay.keys;
    const falseLeaves = visitors.filter((key) => gone === key || (leaves.includes(key) && !shown.has(key)));
    expect({ name, falseLeaves }).toEqual({ name, falseLeaves: [] });
    if (twice !== undefined && at !== undefined) {
      for (const key of twice) if (!twiceSince.has(key)) twiceSince.set(key, at);
      const tooLong = [...twiceSince].filter(([, since]) => at - since > allowedMs);
      const forMs = tooLong.map(([key, since]) => `${key}: ${at - since} of ${allowedMs} ms`);
      expect({ name, twice: forMs }).toEqual({ name, twice: [] });
      for (const key of twiceSince.keys()) if (!twice.includes(key)) twiceSince.delete(key);
    }
    expect(entry).not.toHaveProperty("replica-down");
    expect(entry).not.toHaveProperty("warning");
    expect(entry).not.toHaveProperty("error");
  }
}

interface NodeLogEntry {
  readonly gone?: string;
  readonly leaves?: readonly string[];
  readonly twice?: readonly string[];
  readonly at?: number;
  readonly longestMessageMs?: number;
}
