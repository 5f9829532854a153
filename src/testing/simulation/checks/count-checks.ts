import type { ClusterContext } from "../cluster-context.ts";
import type { SimulatedProcess } from "../simulated-process.ts";
import { timesBetween } from "../tracker-times.ts";
import { deadlineOf } from "./deadlines.ts";

/** Numbers of replicas that are silent or gone, and that a node still counts after their deadline. */
export function* overdueCounts(observer: SimulatedProcess, cluster: ClusterContext): Generator<string> {
  const { countAuditor, knownReplicas, times } = observer;
  const { slackMs, now } = cluster;
  for (const replica of countAuditor?.shownReplicas() ?? []) {
    const incarnation = cluster.ledger.incarnations.get(replica)!;
    const troubleFree = cluster.troubleFreeSince(observer.label, incarnation.node);
    const everything = { incarnation, endsAt: Number.POSITIVE_INFINITY };
    const deadline = deadlineOf(everything, knownReplicas, troubleFree, { times, slackMs, now });
    const shown = countAuditor!.shownOf(replica).filter(({ n }) => n > 0);
    if (shown.length === 0 || now <= deadline.at) continue;
    const [{ topic, key, n }] = shown as [(typeof shown)[0]];
    const lateMs = Math.round(now - deadline.at);
    yield `counts ${n} of ${key} in ${topic} at ${replica} ${lateMs} ms longer than allowed: ${deadline.why}`;
  }
}

/**
 * Numbers of running nodes that a node counts wrongly, although it has had enough time without trouble to learn of the latest:
 * fewer than there were at any moment since then, or more.
 */
export function* wrongCounts(
  observer: SimulatedProcess,
  holders: Iterable<SimulatedProcess>,
  cluster: ClusterContext,
): Generator<string> {
  const { countAuditor } = observer;
  if (countAuditor === undefined) return;
  for (const holder of holders) {
    const { id } = holder.incarnation;
    if (holder === observer || observer.knownReplicas.isRefused(id, cluster.now)) continue;
    const { heartbeatIntervalMs, broadcastPeriodMs } = timesBetween(observer.times, holder.times);
    const announcedSince = cluster.now - heartbeatIntervalMs - 2 * broadcastPeriodMs - cluster.slackMs;
    const settledSince = cluster.now - cluster.settleMs(observer.times, holder.times) - cluster.slackMs;
    const { between } = cluster.troubleFreeSince(observer.label, holder.label);
    const shown = new Map(
      countAuditor.shownOf(id).map(({ topic, key, n }) => [JSON.stringify([topic, key]), n]),
    );
    const history = cluster.ledger.numbersOf(id);
    const countOf = (topic: string, key: string) => shown.get(JSON.stringify([topic, key])) ?? 0;
    if (between <= announcedSince) {
      for (const { topic, key, most } of history.rangesSince(announcedSince)) {
        const count = countOf(topic, key);
        if (count > most) yield `counts ${count} of ${key} in ${topic} at ${holder.label}, which has ${most}`;
      }
    }
    if (between <= settledSince) {
      for (const { topic, key, least } of history.rangesSince(settledSince)) {
        const count = countOf(topic, key);
        if (count < least)
          yield `counts ${count} of ${key} in ${topic} at ${holder.label}, which has ${least}`;
      }
    }
  }
}
