import { type SimulatedNode, type Simulation, simulate } from "../../src/testing/index.ts";

const SIZES = [3, 10, 50];
const PER_NODE = 10;

/** The defaults: they are what the figures are of. */
const PERIOD_MS = 1_500;
const HEARTBEAT_INTERVAL_MS = 3 * PERIOD_MS;
const DOWN_MS = 20 * PERIOD_MS;
const IDLE_INTERVALS = 10;

type Figure = readonly [name: string, measure: (size: number) => string];

/** In the order of the table. */
const FIGURES: readonly Figure[] = [
  ["a crashed node's presences are gone after", (size) => seconds(ghost(size))],
  ["a newcomer sees everybody after", (size) => milliseconds(newcomer(size))],
  ["all agree after the heal of a minute's partition, after", (size) => milliseconds(heal(size).ms)],
  ["bytes sent for one join", (size) => count(join(size))],
  ["bytes sent for a restart under the same name", (size) => count(restart(size))],
  ["bytes sent for that heal", (size) => count(heal(size).bytes)],
  ["messages per heartbeat interval, idle", (size) => idle(size, () => {})],
  ["… after a restart", (size) => idle(size, ({ simulation }) => simulation.restart("node 1"))],
  [
    "… after a graceful close",
    (size) => idle(size - 1, ({ simulation }) => simulation.node("node 0").close(), 1),
  ],
  ["… with a half-open link", (size) => idle(size, ({ simulation }) => simulation.cut("node 0", "node 1"))],
];

/** How long things take and what they cost, as a table in Markdown. */
export function figuresTable(): string {
  const rows = FIGURES.map(([name, measure]) => [name, ...SIZES.map(measure)]);
  const header = ["", ...SIZES.map((size) => `${size} nodes`)];
  return [header, header.map((_, at) => (at === 0 ? "---" : "--:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

interface Cast {
  readonly simulation: Simulation;
  readonly nodes: readonly SimulatedNode[];
}

/** So many nodes that know each other, each with ten presences in one topic. */
function cast(size: number): Cast {
  const names = Array.from({ length: size }, (_, at) => `node ${at}`);
  const simulation = simulate(names);
  const nodes = names.map((name) => simulation.node(name));
  for (const node of nodes) {
    for (let at = 0; at < PER_NODE; at++) {
      node.track(`socket ${at}`, "lobby", `${node.name}, user ${at}`, { device: "phone" });
    }
  }
  simulation.advance(3 * HEARTBEAT_INTERVAL_MS);
  return { simulation, nodes };
}

function ghost(size: number): number {
  const { simulation, nodes } = cast(size);
  // The latest moment that a sign of life can be from.
  nodes[0]!.untrack("socket 0");
  simulation.advance(50);
  simulation.crash("node 0");
  return until(
    simulation,
    () => nodes.slice(1).every((node) => node.count("lobby") === (size - 1) * PER_NODE),
    100,
  );
}

function newcomer(size: number): number {
  const { simulation } = cast(size);
  const node = simulation.start("newcomer");
  return until(simulation, () => node.count("lobby") === size * PER_NODE);
}

/** Half of the nodes are parted from the other for a minute, in which each node has one that comes and one that goes. */
function heal(size: number): { readonly ms: number; readonly bytes: number } {
  const { simulation, nodes } = cast(size);
  const names = nodes.map(({ name }) => name);
  simulation.partition(names.slice(0, size / 2), names.slice(size / 2));
  simulation.advance(DOWN_MS);
  for (const node of nodes) {
    node.track("socket late", "lobby", `${node.name}, late`, { device: "phone" });
    node.end("socket 0");
  }
  simulation.advance(DOWN_MS);
  const idleBytes = bytesOf(simulation, 2 * HEARTBEAT_INTERVAL_MS);
  // The worst moment: everybody has just said what nobody on the other side could hear.
  const { heartbeat } = simulation.traffic().byKind;
  until(simulation, () => simulation.traffic().byKind["heartbeat"] !== heartbeat);
  simulation.advance(50);
  const before = simulation.traffic().bytes;
  simulation.heal();
  const ms = until(simulation, () => nodes.every((node) => node.count("lobby") === size * PER_NODE));
  simulation.advance(2 * HEARTBEAT_INTERVAL_MS - ms);
  return { ms, bytes: simulation.traffic().bytes - before - idleBytes };
}

/** The delta alone: a heartbeat that goes with it comes in place of the next one. */
function join(size: number): number {
  const { simulation, nodes } = cast(size);
  const before = simulation.traffic();
  nodes[0]!.track("socket late", "lobby", "somebody", { device: "phone" });
  simulation.advance(100);
  const after = simulation.traffic();
  return (after.bytesByKind["delta"] ?? 0) - (before.bytesByKind["delta"] ?? 0);
}

/** Beyond what an idle cluster sends: greetings, and the new start's catching up. */
function restart(size: number): number {
  const { simulation } = cast(size);
  const idleBytes = bytesOf(simulation, 2 * HEARTBEAT_INTERVAL_MS);
  const before = simulation.traffic().bytes;
  simulation.restart("node 0");
  simulation.advance(2 * HEARTBEAT_INTERVAL_MS);
  return simulation.traffic().bytes - before - idleBytes;
}

/** What goes out in the minutes after something happened, once its own messages are through. */
function idle(size: number, happen: (cast: Cast) => void, closing = 0): string {
  const scene = cast(size + closing);
  happen(scene);
  scene.simulation.advance(2 * DOWN_MS);
  const before = scene.simulation.traffic();
  scene.simulation.advance(IDLE_INTERVALS * HEARTBEAT_INTERVAL_MS);
  const after = scene.simulation.traffic();
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
    if (now() - start > 10 * DOWN_MS) throw new Error("What was waited for does not come.");
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
