import { deafnessEndsMs } from "../../../src/testing/simulation/checks/deadlines.ts";
import type { SimulatedCluster } from "../../../src/testing/simulation/simulated-cluster.ts";
import type { SimulatedProcess } from "../../../src/testing/simulation/simulated-process.ts";
import {
  heartbeatIntervalMs,
  slownessOf,
  timesBetween,
} from "../../../src/testing/simulation/tracker-times.ts";

/** After this time without faults, every node knows all presences and has forgotten the replicas that are gone. */
export function healingMs(cluster: SimulatedCluster): number {
  const { ledger, processes, slackMs } = cluster;
  const everyTimes = new Set([cluster, ...ledger.incarnations.values()].map(({ times }) => times));
  const waits = [cluster, ...processes.values()].flatMap(({ times }) =>
    [...everyTimes].map((others) => {
      const { heartbeatIntervalMs, broadcastPeriodMs, leaveDelayMs } = timesBetween(times, others);
      const graceMs = times.downPeriodMs * (slownessOf(others, times) - 1);
      const forgetMs = times.permdownPeriodMs + graceMs + heartbeatIntervalMs + 2 * broadcastPeriodMs;
      return Math.max(cluster.settleMs(times, others), forgetMs) + leaveDelayMs;
    }),
  );
  return Math.max(...waits) + 2 * slackMs;
}

/** Moves time on until every node can hear. A node whose subscription was lost is deaf still when the faults are over. */
export function waitUntilAllHear(cluster: SimulatedCluster): void {
  const isDeaf = ({ label }: SimulatedProcess) => !cluster.network.canHear(label);
  const deaf = [...cluster.processes.values()].filter(isDeaf);
  const allowedMs = Math.max(0, ...deaf.map(({ times }) => deafnessEndsMs(times)));
  const end = cluster.now + allowedMs + cluster.slackMs;
  while (deaf.some(isDeaf) && cluster.now < end) cluster.advance(Math.min(100, end - cluster.now));
  for (const process of deaf.filter(isDeaf)) cluster.reportBrokenPromise(process.label, "is still deaf");
  cluster.throwIfBroken();
}

/** Checks a cluster that has healed: all that must hold at any time, and that nothing is left of the faults. */
export function checkHealed(cluster: SimulatedCluster): void {
  cluster.checkAll();
  for (const process of cluster.processes.values()) {
    for (const what of listErrors(process, cluster)) cluster.reportBrokenPromise(process.label, what);
    for (const what of leftovers(process, cluster)) cluster.reportBrokenPromise(process.label, what);
  }
  const { subscriptionCount } = cluster.broker;
  if (subscriptionCount !== 2 * cluster.processes.size) {
    cluster.reportBrokenPromise(
      "network",
      `has ${subscriptionCount} subscriptions for ${cluster.processes.size} processes`,
    );
  }
  cluster.throwIfBroken();
}

/** Checks that an idle cluster sends only one heartbeat per node and interval. */
export function checkQuiet(cluster: SimulatedCluster): void {
  const intervals = [...cluster.processes.values()].map(({ times }) => heartbeatIntervalMs(times));
  const durationMs = IDLE_INTERVALS * Math.max(0, ...intervals);
  const before = cluster.messages.sentCount;
  cluster.advance(durationMs);
  const sent = cluster.messages.sentCount - before;
  const total = (round: (ratio: number) => number) =>
    intervals.reduce((sum, interval) => sum + round(durationMs / interval), 0);
  if (sent < total(Math.floor) || sent > total(Math.ceil))
    cluster.reportBrokenPromise(
      "cluster",
      `is idle, but sent ${sent} messages in place of ${total(Math.floor)} to ${total(Math.ceil)}`,
    );
  cluster.throwIfBroken();
}

const IDLE_INTERVALS = 2;

/** Where the list of a node is not exactly the union of what all owners hold. */
function* listErrors(observer: SimulatedProcess, { processes }: SimulatedCluster): Generator<string> {
  if (observer.countAuditor !== undefined) {
    yield* countErrors(observer, processes.values());
    return;
  }
  const shown = new Set([...observer.auditor.shown()].map(({ ref }) => ref));
  for (const holder of processes.values()) {
    for (const { ref, topic, key } of holder.ownedPresences.held) {
      if (!shown.delete(ref)) yield `does not list ${key} (${ref}) of ${topic}, which ${holder.label} holds`;
    }
  }
  for (const ref of shown) yield `lists ${ref}, which no owner holds`;
}

/** Where the counts of a node are not exactly how many presences all owners hold. */
function* countErrors(
  { calls, countAuditor }: SimulatedProcess,
  holders: Iterable<SimulatedProcess>,
): Generator<string> {
  const held = new Map<string, number>();
  for (const topic of calls.topics()) held.set(JSON.stringify([topic]), 0);
  for (const holder of holders) {
    for (const { topic, key } of holder.ownedPresences.held) {
      for (const place of [[topic], [topic, key]])
        held.set(JSON.stringify(place), (held.get(JSON.stringify(place)) ?? 0) + 1);
    }
  }
  for (const [place, count] of held) {
    const [topic, key] = JSON.parse(place) as [string, string?];
    const counted = key === undefined ? calls.count(topic) : countAuditor!.count(topic, key);
    if (counted !== count)
      yield `counts ${counted} of ${key ?? "all keys"} in ${topic}; owners hold ${count}`;
  }
}

/** Finds replicas that are gone but not forgotten, and replicas that run but are not listed as up. */
function* leftovers({ core, calls }: SimulatedProcess, { processes }: SimulatedCluster): Generator<string> {
  const ids = new Set([...processes.values()].map(({ incarnation }) => incarnation.id));
  for (const id of core.replication.presences.replicas())
    if (!ids.has(id)) yield `still has events of ${id}, which is gone`;
  const replicas = calls.replicas();
  for (const { id, name } of replicas) if (!ids.has(id)) yield `still lists ${name} (${id}), which is gone`;
  for (const { id, name, status } of replicas)
    if (status !== "up") yield `lists ${name} (${id}) as ${status}, but it runs`;
  if (replicas.length !== ids.size) yield `knows ${replicas.length} replicas of ${ids.size}`;
}
