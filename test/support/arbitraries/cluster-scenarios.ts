import fc from "fast-check";
import type { Meta } from "../../../src/payload.ts";
import { ShrinkingIndexes } from "../../../src/testing/arbitraries/shrinking-indexes.ts";
import type { Simulation } from "../../../src/testing/simulation/simulate.ts";

/** An event at a node, `afterMs` virtual ms after the previous one. Events that cannot happen are skipped. */
export interface ClusterEvent {
  readonly afterMs: number;
  readonly node: string;
  /** A call of the tracker, the start of a fault, or its end. */
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
  readonly owner: string;
  readonly topic: string;
  readonly key: string;
  readonly meta: Meta;
}

/** The nodes of a cluster, and its events in order. */
export interface ClusterScenario {
  readonly nodes: readonly string[];
  /** The seed for `simulate`, which decides delays and jitter. */
  readonly seed: number;
  readonly events: readonly ClusterEvent[];
}

export interface ClusterScenarioOptions {
  /** @defaultValue tokyo, paris, lima */
  readonly nodes?: readonly string[];
  /** The exact number of events. A failing scenario shrinks to fewer. @defaultValue 30 */
  readonly length?: number;
  /** @defaultValue a meta with a device */
  readonly meta?: fc.Arbitrary<Meta>;
  /** @defaultValue `lobby`, `__proto__` */
  readonly topics?: readonly string[];
  /** @defaultValue `alice`, `bob`, `carol` */
  readonly keys?: readonly string[];
}

/** Long enough for a node to be declared down with the default periods. */
const LONG_MS = 40_000;

/**
 * Scenarios of a cluster: presences that are tracked, updated and ended, processes that crash, restart and pause, and nodes
 * that are isolated. `runScenario` runs one in a simulation.
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
    .map(([indexes, all]) => indexes.map((index) => all[index]!));
  return fc.record({ nodes: fc.constant(nodes), seed: fc.nat(), events });
}

/**
 * Runs the events in a simulation, ends all faults, and lets the cluster settle until every running node lists all
 * presences. The first node neither crashes nor pauses, so that a listener on its tracker misses nothing.
 *
 * @throws {BrokenPromiseError} when a node breaks a promise of the library.
 */
export function runScenario(events: readonly ClusterEvent[], cluster: Simulation): void {
  const paused = new Set<string>();
  const [observer] = cluster.names();
  for (const event of events) {
    cluster.advance(event.afterMs);
    if (event.node !== observer || !STOPS_THE_NODE.has(event.kind)) applyEvent(event, cluster, paused);
  }
  cluster.heal();
  for (const node of paused) cluster.resume(node);
  cluster.advance(2 * LONG_MS);
}

const STOPS_THE_NODE: ReadonlySet<ClusterEvent["kind"]> = new Set(["crash", "restart", "pause"]);

function applyEvent(
  { node: name, kind, owner, topic, key, meta }: ClusterEvent,
  cluster: Simulation,
  paused: Set<string>,
): void {
  const node = cluster.node(name);
  const isRunning = node.isRunning && !paused.has(name);
  const holds =
    isRunning && node.tracker.presencesOf(owner).some((held) => held.topic === topic && held.key === key);
  if (kind === "isolate") cluster.isolate(name);
  else if (kind === "heal") cluster.heal(name);
  else if (kind === "resume") {
    if (paused.delete(name)) cluster.resume(name);
  } else if (kind === "restart") {
    paused.delete(name);
    cluster.restart(name);
  } else if (!isRunning) return;
  else if (kind === "crash") cluster.crash(name);
  else if (kind === "pause") {
    paused.add(name);
    cluster.pause(name);
  } else if (kind === "end") node.end(owner);
  else if (holds && kind === "update") node.update(owner, topic, key, meta);
  else if (holds && kind === "untrack") node.untrack(owner, topic, key);
  else if (!holds && kind === "track") node.track(owner, topic, key, meta);
}
