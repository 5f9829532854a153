import type { ClusterContext } from "../cluster-context.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import { deadlineOf } from "./deadlines.ts";

/** Presences that a node still shows after their deadline. */
export function* overduePresences(observer: SimulatedProcess, cluster: ClusterContext): Generator<string> {
  for (const presence of observer.auditor.shown()) {
    const troubleFree = cluster.troubleFreeSince(observer.label, presence.incarnation.node);
    // A node knows its own presences without any message.
    const deadline =
      presence.incarnation === observer.incarnation
        ? { at: Math.max(presence.endsAt, troubleFree.observer) + cluster.slackMs, why: "its owner ended" }
        : deadlineOf(presence, observer.knownReplicas, troubleFree, {
            times: observer.times,
            slackMs: cluster.slackMs,
            now: cluster.now,
          });
    if (cluster.now <= deadline.at) continue;
    const lateMs = Math.round(cluster.now - deadline.at);
    const { key, ref, topic } = presence;
    yield `shows ${key} (${ref}) of ${topic} ${lateMs} ms longer than allowed: ${deadline.why}`;
  }
}

/** Presences that a node does not show, although it has had enough time without trouble to learn of them. */
export function* missingPresences(
  observer: SimulatedProcess,
  holders: Iterable<SimulatedProcess>,
  cluster: ClusterContext,
): Generator<string> {
  for (const holder of holders) {
    const isOwn = holder === observer;
    if (!isOwn && observer.knownReplicas.isRefused(holder.incarnation.id, cluster.now)) continue;
    const troubleFreeSince = cluster.troubleFreeSince(observer.label, holder.label).between;
    for (const presence of holder.ownedPresences.held) {
      if (observer.auditor.shows(presence)) continue;
      const waitedMs = cluster.now - Math.max(troubleFreeSince, presence.since);
      if (isOwn || waitedMs > cluster.settleMs(observer.times, holder.times) + cluster.slackMs) {
        yield `does not show ${presence.key} (${presence.ref}) of ${presence.topic}, which ${holder.label} holds`;
      }
    }
  }
}

/**
 * Nodes that have seen the same events of a replica, but hold different presences of it. Replicas that a node refuses are
 * left out: each node drops the lingering presences of such a replica at a time of its own.
 */
export function* disagreements(processes: Iterable<SimulatedProcess>, now: number): Generator<string> {
  const known = new Map<string, { readonly held: string; readonly label: string }>();
  for (const { core, label, knownReplicas, countAuditor } of processes) {
    const { presences } = core.replication;
    for (const replica of presences.replicas()) {
      if (knownReplicas.isRefused(replica, now)) continue;
      const held = `${presences.digestOf(replica)} ${countAuditor?.numbersText(replica) ?? ""}`;
      const seen = `${replica} ${[...presences.seenOf(replica)].join()}`;
      const other = known.get(seen);
      if (other === undefined) known.set(seen, { held, label });
      else if (other.held !== held) {
        yield `${label} and ${other.label} have seen the same events of ${replica}, but hold different presences`;
      }
    }
  }
}
