import { monotonicNow } from "../support/monotonic-now.ts";
import type { NodeProcess } from "../support/node-process.ts";
import type { DiffWatch } from "./diff-watch.ts";
import type { Visits } from "./visits.ts";

/** Where an error is planted: one process, and what the cluster knows of it. */
export interface PlantingContext {
  readonly node: NodeProcess;
  readonly watch: DiffWatch;
  readonly visits: Visits;
  /** The key under which a visitor is tracked. */
  readonly keyOf: (visitor: string) => string;
}

/** The errors that the audit must find, and then those that the watch of the diffs must find. */
export type PlantedError = "ghost" | "loss" | "double" | "diff" | "negative" | "decrease" | "increase";

export const plantedErrors: Readonly<Record<PlantedError, (context: PlantingContext) => void>> = {
  /** A presence that no process is expected to have. */
  ghost: ({ node, keyOf }) => node.track(keyOf("a ghost"), "kitchen", "a ghost"),

  /** An expected presence that no process tracks. */
  loss: ({ node, visits, keyOf }) =>
    visits.start(node.id, "missing", `lobby ${keyOf("missing")}`, monotonicNow()),

  /** A presence that is tracked twice but expected once. */
  double({ node, visits, keyOf }) {
    visits.start(node.id, "first", `kitchen ${keyOf("a double")}`, monotonicNow());
    for (const owner of ["first", "second"]) node.track(keyOf("a double"), "kitchen", owner);
  },

  /** A join in the diffs of one process for a presence that it does not show. */
  diff: ({ watch }) => change(watch, "lobby stranger", 1),

  /** A diff after which one process shows less than nothing. */
  negative: ({ watch }) => change(watch, "lobby stranger", -1),

  /** A diff in which one process loses a presence that is still there. */
  decrease: ({ watch, visits }) => change(watch, firstPlace(visits), -1),

  /** A diff in which one process gets a presence that no process has. */
  increase: ({ watch, visits }) => change(watch, firstPlace(visits), 1),
};

function change(watch: DiffWatch, place: string, by: number): void {
  watch.add({ changes: { [place]: by }, at: monotonicNow(), silent: [] });
}

function firstPlace(visits: Visits): string {
  return Object.keys(visits.numbers())[0]!;
}
