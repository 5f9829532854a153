import type { Surroundings } from "../cluster-context.ts";
import type { Incarnation } from "../simulated-process.ts";
import { deadlineOf } from "./deadlines.ts";

/** What a node still shows though the bound is over. */
export function* overdueAt(observer: Incarnation, cluster: Surroundings): Generator<string> {
  for (const row of observer.witness.shown()) {
    const clear = cluster.clearness(observer.label, row.life.node);
    // What a node holds itself, it knows without hearing of it.
    const deadline =
      row.life === observer.life
        ? { at: Math.max(row.endsAt, clear.observer) + cluster.slackMs, why: "its owner ended" }
        : deadlineOf(row, observer.hearing, clear, cluster);
    if (cluster.now <= deadline.at) continue;
    const late = Math.round(cluster.now - deadline.at);
    yield `shows ${row.key} (${row.ref}) of ${row.topic} ${late} ms longer than allowed: ${deadline.why}`;
  }
}

/** What a node does not show though it stands, and nothing stood in the way for long enough. */
export function* missingAt(
  observer: Incarnation,
  holders: Iterable<Incarnation>,
  cluster: Surroundings,
): Generator<string> {
  for (const holder of holders) {
    const isOwn = holder === observer;
    if (!isOwn && observer.hearing.isGone(holder.life.id, cluster.now)) continue;
    const clearSince = cluster.clearness(observer.label, holder.label).between;
    for (const row of holder.holdings.held) {
      if (observer.witness.shows(row)) continue;
      const waitedMs = cluster.now - Math.max(clearSince, row.since);
      if (isOwn || waitedMs > cluster.calmMs + cluster.slackMs) {
        yield `does not show ${row.key} (${row.ref}) of ${row.topic}, which ${holder.label} holds`;
      }
    }
  }
}
