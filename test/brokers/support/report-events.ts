import type { Meta } from "../../../src/payload.ts";
import type { Presence } from "../../../src/presence/index.ts";
import type { HeardReplicas } from "./heard-replicas.ts";
import { monotonicNow } from "./monotonic-now.ts";
import { changesOf, type Numbers, type Shown } from "./replicate-modes.ts";

/** The report of a diff. */
export interface NodeDiff {
  /** By how much it changes each place. */
  readonly changes: Numbers;
  /** The time in ms of `monotonicNow`. */
  readonly at: number;
  /** The ids of the replicas that may be down for this node. */
  readonly silent: readonly string[];
}

/** Reports all events of a presence, in each mode. */
export function reportEvents(
  presence: Presence<Meta, Shown>,
  report: (message: object) => void,
  heard: HeardReplicas,
): void {
  presence.on("diff", (diff) => {
    const at = monotonicNow();
    const reported: NodeDiff = { changes: changesOf(diff), at, silent: heard.silent(at) };
    report(reported);
  });
  for (const name of ["replica-up", "replica-down", "replica-permdown"] as const) {
    presence.on(name, ({ name: replica, id }) => report({ [name]: replica, id }));
  }
  for (const name of ["error", "warning"] as const) {
    presence.on(name, ({ message }) => report({ [name]: message }));
  }
}

/**
 * Reports the keys of each diff, once per meta, and those that are counted twice. A report also has the time in ms, and how
 * long a message has taken at most so far.
 */
export function reportKeys(
  presence: Presence,
  report: (message: object) => void,
  longestMessageMs: () => number,
): void {
  /** The presences that result from all diffs so far, by topic and ref. */
  const shown = new Map<string, Map<string, { key: string; replica: unknown }>>();
  presence.on("diff", (diff) => {
    for (const [topic, { joins, leaves }] of diff) {
      const metas = shown.get(topic) ?? new Map<string, { key: string; replica: unknown }>();
      shown.set(topic, metas);
      for (const [, { phx_ref }] of metasOf(leaves)) metas.delete(phx_ref);
      for (const [key, { phx_ref, replica }] of metasOf(joins)) metas.set(phx_ref, { key, replica });
      report({
        joins: metasOf(joins).map(([key]) => key),
        leaves: metasOf(leaves).map(([key]) => key),
        twice: keysCountedTwice([...metas.values()], presence),
        at: performance.now(),
        longestMessageMs: longestMessageMs(),
      });
    }
  });
}

/** The keys that have a presence both at a leaving replica and at another one. */
function keysCountedTwice(metas: readonly { key: string; replica: unknown }[], presence: Presence): string[] {
  const leaving = presence.replicas().flatMap(({ id, status }) => (status === "leaving" ? [id] : []));
  if (leaving.length === 0) return [];
  const [leavingKeys, stayingKeys] = [new Set<string>(), new Set<string>()];
  for (const { key, replica } of metas)
    (leaving.includes(replica as string) ? leavingKeys : stayingKeys).add(key);
  return [...leavingKeys].filter((key) => stayingKeys.has(key));
}

type Metas = readonly { readonly phx_ref: string; readonly [name: string]: unknown }[];

function metasOf(state: Readonly<Record<string, { readonly metas: Metas }>>): [string, Metas[number]][] {
  return Object.entries(state).flatMap(([key, { metas }]) =>
    metas.map((meta): [string, Metas[number]] => [key, meta]),
  );
}
