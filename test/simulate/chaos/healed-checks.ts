import type { Cluster } from "../../../src/testing/simulation/simulated-cluster.ts";
import type { Incarnation } from "../../../src/testing/simulation/simulated-process.ts";
import { heartbeatIntervalMs } from "../../../src/testing/simulation/tracker-times.ts";

/** After so long without faults, everybody knows what stands, and the dead are forgotten. */
export function healingMs({ settings, calmMs, slackMs }: Cluster): number {
  const forgetting =
    settings.permdownPeriodMs + heartbeatIntervalMs(settings) + 2 * settings.broadcastPeriodMs;
  return Math.max(calmMs, forgetting) + settings.leaveDelayMs + 2 * slackMs;
}

/** What must hold once all is healed, beside what must hold at any time. */
export function inspectHealed(cluster: Cluster): void {
  cluster.inspect();
  for (const incarnation of cluster.living.values()) {
    for (const what of unequal(incarnation, cluster)) cluster.broke(incarnation.label, what);
    for (const what of unforgotten(incarnation, cluster)) cluster.broke(incarnation.label, what);
  }
  const { subscriptions } = cluster.bus;
  if (subscriptions !== 2 * cluster.living.size) {
    cluster.broke("network", `has ${subscriptions} subscriptions of ${cluster.living.size} processes`);
  }
  cluster.rethrow();
}

/** A quiet cluster sends one heartbeat a node and interval, and nothing else. */
export function inspectQuiet(cluster: Cluster): void {
  const before = cluster.traffic.sentCount;
  cluster.advance(QUIET_INTERVALS * heartbeatIntervalMs(cluster.settings));
  const sent = cluster.traffic.sentCount - before;
  const allowed = QUIET_INTERVALS * cluster.living.size;
  if (sent !== allowed)
    cluster.broke("cluster", `is quiet, and sent ${sent} messages in place of ${allowed}`);
  cluster.rethrow();
}

const QUIET_INTERVALS = 2;

/** Where a list is not exactly the union of what live owners hold. */
function* unequal(observer: Incarnation, { living }: Cluster): Generator<string> {
  const shown = new Set([...observer.witness.shown()].map(({ ref }) => ref));
  for (const holder of living.values()) {
    for (const { ref, topic, key } of holder.holdings.held) {
      if (!shown.delete(ref)) yield `does not list ${key} (${ref}) of ${topic}, which ${holder.label} holds`;
    }
  }
  for (const ref of shown) yield `lists ${ref}, which no live owner holds`;
}

/** What is left of replicas that are gone. */
function* unforgotten({ tracker }: Incarnation, { living }: Cluster): Generator<string> {
  const ids = new Set([...living.values()].map(({ life }) => life.id));
  for (const id of tracker.replication.set.replicas())
    if (!ids.has(id)) yield `keeps events of ${id}, which is gone`;
  const replicas = tracker.replicas();
  for (const { id, name } of replicas) if (!ids.has(id)) yield `keeps ${name} (${id}), which is gone`;
  for (const { id, name, status } of replicas)
    if (status !== "up") yield `has ${name} (${id}) ${status}, and it lives`;
  if (replicas.length !== ids.size) yield `knows ${replicas.length} replicas of ${ids.size}`;
}
