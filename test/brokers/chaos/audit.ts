import { setTimeout as pause } from "node:timers/promises";

/** A cluster that can be looked at. */
export interface AuditedCluster {
  /** Who must be shown by every node, whatever the nodes say. */
  expected(): readonly string[];
  /** What each node shows. */
  lists(): Promise<readonly (readonly string[])[]>;
}

export interface AuditResult {
  /** How many are shown who must not be, or more often than they must, by all nodes. */
  readonly ghosts: number;
  /** How many must be shown and are not, by all nodes. */
  readonly losses: number;
  /** How long it took until all showed the truth, or until that was given up. */
  readonly durationMs: number;
}

/** Waits for `peaceMs` at most until every node shows the truth, and counts what differs from it then. */
export async function audit(cluster: AuditedCluster, peaceMs: number): Promise<AuditResult> {
  const started = performance.now();
  const truth = cluster.expected();
  for (;;) {
    const lists = await cluster.lists();
    const durationMs = performance.now() - started;
    const ghosts = lists.reduce((sum, list) => sum + surplus(list, truth), 0);
    const losses = lists.reduce((sum, list) => sum + surplus(truth, list), 0);
    if (ghosts + losses === 0 || durationMs > peaceMs) return { ghosts, losses, durationMs };
    await pause(50);
  }
}

/** How many of `list` are left when each of `other` has taken one like it. */
function surplus(list: readonly string[], other: readonly string[]): number {
  const left = new Map<string, number>();
  for (const entry of other) left.set(entry, (left.get(entry) ?? 0) + 1);
  return list.filter((entry) => {
    const count = left.get(entry) ?? 0;
    left.set(entry, count - 1);
    return count <= 0;
  }).length;
}
