import fc from "fast-check";
import type { Meta } from "../../../src/payload.ts";
import { ShrinkingIndexes } from "../../../src/testing/arbitraries/shrinking-indexes.ts";
import type { Simulation } from "../../../src/testing/simulation/simulate.ts";

/**
 * One thing that happens to a node of a cluster, `afterMs` virtual ms after the one before. Where it can't happen, as an update
 * of nothing or the crash of one that does not run, it does not.
 *
 * @example
 * const event: ClusterEvent = { afterMs: 100, node: "tokyo", kind: "track", owner: "tab 1", topic: "lobby", key: "alice", meta: {} };
 */
export interface ClusterEvent {
  /** How long after the event before. */
  readonly afterMs: number;
  /** Where. */
  readonly node: string;
  /** What: a call of the tracker, or a fault that lasts until its end. */
  readonly kind:
    | "track"
    | "update"
    | "untrack"
    | "end"
    | "crash"
    | "restart"
    | "pause"
    | "resume"
    | "isolate"
    | "heal";
  /** Whose presence. */
  readonly owner: string;
  /** In which topic. */
  readonly topic: string;
  /** Under which key. */
  readonly key: string;
  /** What it says of itself. */
  readonly meta: Meta;
}

/**
 * A cluster and what happens to it.
 *
 * @example
 * const { nodes, seed, events } = story;
 * enact(events, simulate(nodes, { seed }));
 */
export interface ClusterScenario {
  /** The names of its nodes. */
  readonly nodes: readonly string[];
  /** For `simulate`: decides delays and jitter. */
  readonly seed: number;
  /** What happens, in this order. */
  readonly events: readonly ClusterEvent[];
}

/**
 * What clusters are made of.
 *
 * @example
 * const options: ClusterOptions = { nodes: ["tokyo", "paris"], length: 50, topics: ["lobby"] };
 */
export interface ClusterScenarioOptions {
  /** The nodes. @defaultValue tokyo, paris, lima */
  readonly nodes?: readonly string[];
  /** How many events, exactly; a failing one shrinks to fewer. @defaultValue 30 */
  readonly length?: number;
  /** The metas. @defaultValue a device */
  readonly meta?: fc.Arbitrary<Meta>;
  /** The topics. @defaultValue `lobby`, `__proto__` */
  readonly topics?: readonly string[];
  /** The keys. @defaultValue `alice`, `bob`, `carol` */
  readonly keys?: readonly string[];
}

/** Long enough for a node to be taken for down, with the tracker's defaults. */
const LONG_MS = 40_000;

/**
 * Clusters to which everything happens: people come, change and go, processes crash, start again and stand still, links
 * are cut. `runScenario` plays one in a simulation, while your own listeners are on its trackers.
 *
 * @example
 * fc.assert(
 *   fc.property(clusters(), ({ nodes, seed, events }) => {
 *     const cluster = simulate(nodes, { seed });
 *     const roster = rosterOf(cluster.node("tokyo").tracker); // yours, fed by its diffs
 *     enact(events, cluster);
 *     assert.deepEqual(roster.keys("lobby"), cluster.node("tokyo").keys("lobby"));
 *   }),
 * );
 */
export function clusterScenarios({
  nodes = ["tokyo", "paris", "lima"],
  length = 30,
  meta = fc.record({ device: fc.constantFrom("phone", "laptop") }),
  topics = ["lobby", "__proto__"],
  keys = ["alice", "bob", "carol"],
}: ClusterScenarioOptions = {}): fc.Arbitrary<ClusterScenario> {
  const event = fc.record({
    afterMs: fc.oneof(
      { weight: 8, arbitrary: fc.nat(500) },
      { weight: 2, arbitrary: fc.nat(5_000) },
      { weight: 1, arbitrary: fc.constant(LONG_MS) },
    ),
    node: fc.constantFrom(...nodes),
    kind: fc.oneof(
      { weight: 10, arbitrary: fc.constant("track" as const) },
      { weight: 4, arbitrary: fc.constantFrom("update" as const, "untrack" as const, "end" as const) },
      { weight: 3, arbitrary: fc.constantFrom("crash" as const, "restart" as const) },
      { weight: 2, arbitrary: fc.constantFrom("pause" as const, "resume" as const) },
      { weight: 3, arbitrary: fc.constantFrom("isolate" as const, "heal" as const) },
    ),
    owner: fc.constantFrom("tab 1", "tab 2", "tab 3"),
    topic: fc.constantFrom(...topics),
    key: fc.constantFrom(...keys),
    meta,
  });
  const events = fc
    .tuple(
      new ShrinkingIndexes(length),
      fc.array(event, { minLength: length, maxLength: length, size: "max" }),
    )
    .map(([kept, all]) => kept.map((at) => all[at]!));
  return fc.record({ nodes: fc.constant(nodes), seed: fc.nat(), events });
}

/**
 * Plays events in a simulation of your own; then ends all faults, and lets the cluster settle until every running node lists
 * what all of them hold. The node that is named first neither crashes nor stands still, so that what listens to its tracker
 * hears everything.
 *
 * @throws {BrokenPromiseError} when a node does what the library promises it never does.
 * @example
 * const cluster = simulate(story.nodes, { seed: story.seed });
 * enact(story.events, cluster);
 * cluster.node("tokyo").keys("lobby");
 */
export function runScenario(events: readonly ClusterEvent[], cluster: Simulation): void {
  const paused = new Set<string>();
  const [witness] = cluster.names();
  for (const event of events) {
    cluster.advance(event.afterMs);
    if (event.node !== witness || !DEADLY.has(event.kind)) happen(event, cluster, paused);
  }
  cluster.heal();
  for (const node of paused) cluster.resume(node);
  cluster.advance(2 * LONG_MS);
}

const DEADLY: ReadonlySet<ClusterEvent["kind"]> = new Set(["crash", "restart", "pause"]);

function happen(
  { node: name, kind, owner, topic, key, meta }: ClusterEvent,
  cluster: Simulation,
  paused: Set<string>,
): void {
  const node = cluster.node(name);
  const isAwake = node.isRunning && !paused.has(name);
  const holds =
    isAwake && node.tracker.presencesOf(owner).some((held) => held.topic === topic && held.key === key);
  if (kind === "isolate") cluster.isolate(name);
  else if (kind === "heal") cluster.heal(name);
  else if (kind === "resume") {
    if (paused.delete(name)) cluster.resume(name);
  } else if (kind === "restart") {
    paused.delete(name);
    cluster.restart(name);
  } else if (!isAwake) return;
  else if (kind === "crash") cluster.crash(name);
  else if (kind === "pause") {
    paused.add(name);
    cluster.pause(name);
  } else if (kind === "end") node.end(owner);
  else if (holds && kind === "update") node.update(owner, topic, key, meta);
  else if (holds && kind === "untrack") node.untrack(owner, topic, key);
  else if (!holds && kind === "track") node.track(owner, topic, key, meta);
}
