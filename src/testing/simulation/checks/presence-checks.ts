import type { ClusterContext } from "../cluster-context.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import { deadlineOf } from "./deadlines.ts";

/** What a node still shows though the bound is over. */
export function* overduePresences(observer: SimulatedProcess, cluster: ClusterContext): Generator<string> {
  for (const row of observer.auditor.shown()) {
    const clear = cluster.troubleFreeSince(observer.label, row.incarnation.node);
    // What a node holds itself, it knows without hearing of it.
    const deadline =
      row.incarnation === observer.incarnation
        ? { at: Math.max(row.endsAt, clear.observer) + cluster.slackMs, why: "its owner ended" }
        : deadlineOf(row, observer.knownReplicas, clear, cluster);
    if (cluster.now <= deadline.at) continue;
    const late = Math.round(cluster.now - deadline.at);
    yield `shows ${row.key} (${row.ref}) of ${row.topic} ${late} ms longer than allowed: ${deadline.why}`;
  }
}

/** What a node does not show though it stands, and nothing stood in the way for long enough. */
export function* missingPresences(
  observer: SimulatedProcess,
  holders: Iterable<SimulatedProcess>,
  cluster: ClusterContext,
): Generator<string> {
  for (const holder of holders) {
    const isOwn = holder === observer;
    if (!isOwn && observer.knownReplicas.isRefused(holder.incarnation.id, cluster.now)) continue;
    const clearSince = cluster.troubleFreeSince(observer.label, holder.label).between;
    for (const row of holder.ownedPresences.held) {
      if (observer.auditor.shows(row)) continue;
      const waitedMs = cluster.now - Math.max(clearSince, row.since);
      if (isOwn || waitedMs > cluster.settleMs + cluster.slackMs) {
        yield `does not show ${row.key} (${row.ref}) of ${row.topic}, which ${holder.label} holds`;
      }
    }
  }
}
