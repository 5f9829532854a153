import { setTimeout as pause } from "node:timers/promises";

/** A cluster that an audit can inspect. */
export interface AuditedCluster {
  /** The presences that every node must list. The cluster records them itself, without asking the nodes. */
  expected(): readonly string[];
  /** The presences that each node lists. */
  lists(): Promise<readonly (readonly string[])[]>;
}

export interface AuditResult {
  /** The number of unexpected presences, summed over all nodes. It includes surplus copies of expected ones. */
  readonly ghosts: number;
  /** The number of missing presences, summed over all nodes. */
  readonly losses: number;
  /** How long it took until all nodes listed the expected presences, or until the audit gave up. */
  readonly durationMs: number;
}

/**
 * Waits until every node lists the expected presences, but at most `settleMs`, and counts the remaining
 * differences.
 */
export async function audit(cluster: AuditedCluster, settleMs: number): Promise<AuditResult> {
  const startedAt = performance.now();
  const expected = cluster.expected();
  for (;;) {
    const lists = await cluster.lists();
    const durationMs = performance.now() - startedAt;
    const ghosts = lists.reduce((sum, list) => sum + surplus(list, expected), 0);
    const losses = lists.reduce((sum, list) => sum + surplus(expected, list), 0);
    if (ghosts + losses === 0 || durationMs > settleMs) return { ghosts, losses, durationMs };
    await pause(50);
  }
}

/** How many entries of `list` remain after each entry of `other` has cancelled an equal one. */
function surplus(list: readonly string[], other: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const entry of other) counts.set(entry, (counts.get(entry) ?? 0) + 1);
  return list.filter((entry) => {
    const count = counts.get(entry) ?? 0;
    counts.set(entry, count - 1);
    return count <= 0;
  }).length;
}
