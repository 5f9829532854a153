import { type SimulatedNode, type Simulation, simulate } from "../../src/testing/index.ts";

const SIZES = [3, 10, 50];
const PRESENCES_PER_NODE = 10;

/** The defaults of the tracker, with which the figures are measured. */
const PERIOD_MS = 1_500;
const HEARTBEAT_INTERVAL_MS = 3 * PERIOD_MS;
const DOWN_MS = 20 * PERIOD_MS;
const IDLE_INTERVALS = 10;

type Figure = readonly [name: string, measure: (size: number) => string];

/** The rows of the table, in order. */
const FIGURES: readonly Figure[] = [
  ["the presences of a crashed node are gone after", (size) => seconds(ghostMs(size))],
  ["a new node lists all presences after", (size) => milliseconds(newNodeMs(size))],
  ["after a partition of one minute, all nodes agree within", (size) => milliseconds(heal(size).ms)],
  ["bytes sent for one join", (size) => count(joinBytes(size))],
  ["bytes sent for a restart under the same name", (size) => count(restartBytes(size))],
  ["bytes sent to agree after that partition", (size) => count(heal(size).bytes)],
  ["messages per heartbeat interval, idle", (size) => idle(size, () => {})],
  ["… after a restart", (size) => idle(size, ({ simulation }) => simulation.restart("node 1"))],
  [
    "… after a graceful close",
    (size) => idle(size - 1, ({ simulation }) => simulation.node("node 0").close(), 1),
  ],
  ["… with a half-open link", (size) => idle(size, ({ simulation }) => simulation.cut("node 0", "node 1"))],
];

/** Measures times and traffic, and returns them as a Markdown table. */
export function figuresTable(): string {
  const rows = FIGURES.map(([name, measure]) => [name, ...SIZES.map(measure)]);
  const header = ["", ...SIZES.map((size) => `${size} nodes`)];
  return [header, header.map((_, at) => (at === 0 ? "---" : "--:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

interface IdleCluster {
  readonly simulation: Simulation;
  readonly nodes: readonly SimulatedNode[];
}

/** Starts nodes with ten presences each in one topic, and waits until they know each other. */
function startCluster(size: number): IdleCluster {
  const names = Array.from({ length: size }, (_, at) => `node ${at}`);
  const simulation = simulate(names);
  const nodes = names.map((name) => simulation.node(name));
  for (const node of nodes) {
    for (let at = 0; at < PRESENCES_PER_NODE; at++) {
      node.track(`socket ${at}`, "lobby", `${node.name}, user ${at}`, { device: "phone" });
    }
  }
  simulation.advance(3 * HEARTBEAT_INTERVAL_MS);
  return { simulation, nodes };
}

function ghostMs(size: number): number {
  const { simulation, nodes } = startCluster(size);
  // The worst case: the node sends a message right before it crashes.
  nodes[0]!.untrack("socket 0");
  simulation.advance(50);
  simulation.crash("node 0");
  return until(
    simulation,
    () => nodes.slice(1).every((node) => node.count("lobby") === (size - 1) * PRESENCES_PER_NODE),
    100,
  );
}

function newNodeMs(size: number): number {
  const { simulation } = startCluster(size);
  const node = simulation.start("new node");
  return until(simulation, () => node.count("lobby") === size * PRESENCES_PER_NODE);
}

/** Partitions the cluster into halves for a minute. In that time each node has one join and one leave. */
function heal(size: number): { readonly ms: number; readonly bytes: number } {
  const { simulation, nodes } = startCluster(size);
  const names = nodes.map(({ name }) => name);
  simulation.partition(names.slice(0, size / 2), names.slice(size / 2));
  simulation.advance(DOWN_MS);
  for (const node of nodes) {
    node.track("socket late", "lobby", `${node.name}, late`, { device: "phone" });
    node.end("socket 0");
  }
  simulation.advance(DOWN_MS);
  const idleBytes = bytesOf(simulation, 2 * HEARTBEAT_INTERVAL_MS);
  // The worst case: all nodes have just sent a heartbeat that did not reach the other side.
  const { heartbeat } = simulation.traffic().byKind;
  until(simulation, () => simulation.traffic().byKind["heartbeat"] !== heartbeat);
  simulation.advance(50);
  const before = simulation.traffic().bytes;
  simulation.heal();
  const ms = until(simulation, () =>
    nodes.every((node) => node.count("lobby") === size * PRESENCES_PER_NODE),
  );
  simulation.advance(2 * HEARTBEAT_INTERVAL_MS - ms);
  return { ms, bytes: simulation.traffic().bytes - before - idleBytes };
}

/** The bytes of the delta only: a heartbeat that is sent with it replaces the next one. */
function joinBytes(size: number): number {
  const { simulation, nodes } = startCluster(size);
  const before = simulation.traffic();
  nodes[0]!.track("socket late", "lobby", "new user", { device: "phone" });
  simulation.advance(100);
  const after = simulation.traffic();
  return (after.bytesByKind["delta"] ?? 0) - (before.bytesByKind["delta"] ?? 0);
}

/** The bytes beyond those of an idle cluster: heartbeats to the new incarnation, and its initial sync. */
function restartBytes(size: number): number {
  const { simulation } = startCluster(size);
  const idleBytes = bytesOf(simulation, 2 * HEARTBEAT_INTERVAL_MS);
  const before = simulation.traffic().bytes;
  simulation.restart("node 0");
  simulation.advance(2 * HEARTBEAT_INTERVAL_MS);
  return simulation.traffic().bytes - before - idleBytes;
}

/** The messages of an idle cluster, one minute after an event. `closing` nodes leave with that event. */
function idle(size: number, cause: (cluster: IdleCluster) => void, closing = 0): string {
  const cluster = startCluster(size + closing);
  cause(cluster);
  cluster.simulation.advance(2 * DOWN_MS);
  const before = cluster.simulation.traffic();
  cluster.simulation.advance(IDLE_INTERVALS * HEARTBEAT_INTERVAL_MS);
  const after = cluster.simulation.traffic();
  const heartbeats = (after.byKind["heartbeat"] ?? 0) - (before.byKind["heartbeat"] ?? 0);
  const others = after.messages - before.messages - heartbeats;
  return `${count(heartbeats / IDLE_INTERVALS)}${others === 0 ? "" : `, and ${others} others`}`;
}

function bytesOf(simulation: Simulation, ms: number): number {
  const before = simulation.traffic().bytes;
  simulation.advance(ms);
  return simulation.traffic().bytes - before;
}

function until({ advance, now }: Simulation, holds: () => boolean, stepMs = 1): number {
  const start = now();
  while (!holds()) {
    if (now() - start > 10 * DOWN_MS)
      throw new Error(`The condition did not hold within ${10 * DOWN_MS} ms.`);
    advance(stepMs);
  }
  return now() - start;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function milliseconds(ms: number): string {
  return `${ms} ms`;
}

function count(number: number): string {
  return number.toLocaleString("en").replaceAll(",", " ");
}
