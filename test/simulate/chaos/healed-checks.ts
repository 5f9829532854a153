import type { SimulatedCluster } from "../../../src/testing/simulation/simulated-cluster.ts";
import type { SimulatedProcess } from "../../../src/testing/simulation/simulated-process.ts";
import { heartbeatIntervalMs } from "../../../src/testing/simulation/tracker-times.ts";

/** After so long without faults, everybody knows what stands, and the dead are forgotten. */
export function healingMs({ times, settleMs, slackMs }: SimulatedCluster): number {
  const forgetting = times.permdownPeriodMs + heartbeatIntervalMs(times) + 2 * times.broadcastPeriodMs;
  return Math.max(settleMs, forgetting) + times.leaveDelayMs + 2 * slackMs;
}

/** What must hold once all is healed, beside what must hold at any time. */
export function checkHealed(cluster: SimulatedCluster): void {
  cluster.inspect();
  for (const incarnation of cluster.processes.values()) {
    for (const what of unequal(incarnation, cluster)) cluster.reportBrokenPromise(incarnation.label, what);
    for (const what of unforgotten(incarnation, cluster))
      cluster.reportBrokenPromise(incarnation.label, what);
  }
  const { subscriptionCount } = cluster.bus;
  if (subscriptionCount !== 2 * cluster.processes.size) {
    cluster.reportBrokenPromise(
      "network",
      `has ${subscriptionCount} subscriptions of ${cluster.processes.size} processes`,
    );
  }
  cluster.throwIfBroken();
}

/** A quiet cluster sends one heartbeat a node and interval, and nothing else. */
export function checkQuiet(cluster: SimulatedCluster): void {
  const before = cluster.traffic.sentCount;
  cluster.advance(QUIET_INTERVALS * heartbeatIntervalMs(cluster.times));
  const sent = cluster.traffic.sentCount - before;
  const allowed = QUIET_INTERVALS * cluster.processes.size;
  if (sent !== allowed)
    cluster.reportBrokenPromise("cluster", `is quiet, and sent ${sent} messages in place of ${allowed}`);
  cluster.throwIfBroken();
}

const QUIET_INTERVALS = 2;

/** Where a list is not exactly the union of what live owners hold. */
function* unequal(observer: SimulatedProcess, { processes }: SimulatedCluster): Generator<string> {
  const shown = new Set([...observer.auditor.shown()].map(({ ref }) => ref));
  for (const holder of processes.values()) {
    for (const { ref, topic, key } of holder.ownedPresences.held) {
      if (!shown.delete(ref)) yield `does not list ${key} (${ref}) of ${topic}, which ${holder.label} holds`;
    }
  }
  for (const ref of shown) yield `lists ${ref}, which no live owner holds`;
}

/** What is left of replicas that are gone. */
function* unforgotten({ core, tracker }: SimulatedProcess, { processes }: SimulatedCluster): Generator<string> {
  const ids = new Set([...processes.values()].map(({ incarnation }) => incarnation.id));
  for (const id of core.replication.presences.replicas())
    if (!ids.has(id)) yield `keeps events of ${id}, which is gone`;
  const replicas = tracker.replicas();
  for (const { id, name } of replicas) if (!ids.has(id)) yield `keeps ${name} (${id}), which is gone`;
  for (const { id, name, status } of replicas)
    if (status !== "up") yield `has ${name} (${id}) ${status}, and it lives`;
  if (replicas.length !== ids.size) yield `knows ${replicas.length} replicas of ${ids.size}`;
}
