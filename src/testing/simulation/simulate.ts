import { assertNoUnknownOptions, assertOptionsObject, checkArgument } from "../../checks/check-argument.ts";
import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { assertDuration, assertJump } from "../manual-clock.ts";
import type { NetworkConditions } from "../network/conditions.ts";
import type { NetworkCounts } from "../network/links.ts";
import type { Outage } from "../network/node-connection.ts";
import { SimulatedCluster } from "./simulated-cluster.ts";
import { SimulatedNode } from "./simulated-node.ts";
import { type SimulatedTrackerOptions, trackerTimesOf } from "./tracker-times.ts";

/**
 * How a cluster is simulated: the options of all its trackers, and how the network is.
 *
 * @example
 * simulate(["tokyo", "paris"], { leaveDelayMs: 5_000, network: { delayMs: [1, 20] } });
 */
export interface SimulateOptions extends SimulatedTrackerOptions {
  /** Decides everything that chance has a hand in. @defaultValue 1 */
  seed?: number;
  /** How the network is at first. @defaultValue loses nothing, and takes from 1 to 5 ms */
  network?: Partial<NetworkConditions>;
}

/**
 * A cluster in virtual time. Nothing happens but inside `advance` and the calls of its nodes; both throw a
 * `BrokenPromiseError` when a node does what the library promises it never does.
 *
 * @example
 * const { tokyo, paris, advance, crash } = simulate(["tokyo", "paris"]);
 */
export interface Simulation {
  /** Moves virtual time on by so many ms. @example advance(30_000); */
  advance(ms: number): void;
  /** Virtual ms since the start. @example now(); // 30_000 */
  now(): number;
  /**
   * Starts a node more. With the `replicaName` of another one it is a second process under that name.
   * @example const osaka = start("osaka");
   */
  start(name: string, replicaName?: string): SimulatedNode;
  /** The names of all nodes so far, in the order in which they were started. @example names(); // ["tokyo", "paris"] */
  names(): string[];
  /** A node by its name. @example node("osaka").keys("lobby"); */
  node(name: string): SimulatedNode;
  /** Ends a node's process as SIGKILL does. @example crash("paris"); */
  crash(name: string): void;
  /** Starts a node's process anew, under its name; crashes it first where it runs. @example restart("paris"); */
  restart(name: string): SimulatedNode;
  /** Stops a node's process as SIGSTOP does: timers and messages wait. @example pause("paris"); */
  pause(name: string): void;
  /** Lets a paused process run on. @example resume("paris"); */
  resume(name: string): void;
  /** Sets the wall clock of a node's machine by so many ms. @example jumpWall("paris", -3_600_000); */
  jumpWall(name: string, ms: number): void;
  /** As `LossyNetwork.cut`. @example cut("tokyo", "paris"); // paris no longer hears tokyo */
  cut(from: string, to: string): void;
  /** As `LossyNetwork.isolate`. @example isolate("paris"); */
  isolate(name: string): void;
  /** As `LossyNetwork.partition`. @example partition(["tokyo"], ["paris", "osaka"]); */
  partition(...groups: readonly (readonly string[])[]): void;
  /** As `LossyNetwork.heal`. @example heal("paris"); */
  heal(from?: string, to?: string): void;
  /** As `LossyNetwork.disconnect`. @example disconnect("paris", { told: false }); */
  disconnect(name: string, outage?: Outage): void;
  /** As `LossyNetwork.reconnect`. @example reconnect("paris"); */
  reconnect(name: string): void;
  /** As `LossyNetwork.deafen`. @example deafen("paris"); */
  deafen(name: string): void;
  /** As `LossyNetwork.setConditions`. @example setConditions({ lossRate: 0.2 }); */
  setConditions(conditions: Partial<NetworkConditions>): void;
  /** As `LossyNetwork.setLink`. @example setLink("tokyo", "paris", { delayMs: [5_000, 5_000] }); */
  setLink(from: string, to: string, conditions: Partial<NetworkConditions>): void;
  /** What the nodes sent so far. @example const { messages, bytes } = traffic(); */
  traffic(): SimulatedTraffic;
}

/**
 * What the nodes of a simulation sent so far, each message once, however many heard it.
 *
 * @example
 * const before = traffic();
 */
export interface SimulatedTraffic {
  /** How many messages. */
  readonly messages: number;
  /** How many of each kind: delta, heartbeat, pull, push, leaving. */
  readonly byKind: Readonly<Record<string, number>>;
  /** Bytes of all of them. */
  readonly bytes: number;
  /** Bytes of each kind. */
  readonly bytesByKind: Readonly<Record<string, number>>;
  /** What the network did to them. */
  readonly network: Readonly<NetworkCounts>;
}

/**
 * Simulates a cluster: one node a name, each the production tracker, over a network that does what it is told to, in
 * virtual time. Destructure the nodes by their names, and the calls that make things happen.
 *
 * @throws {InvalidArgumentError} when a node's name is given twice, or is that of a call, and for options that are wrong or not
 * those of a simulation; it is a `TypeError`.
 * @example
 * const { tokyo, paris, advance, isolate, heal } = simulate(["tokyo", "paris"]);
 * paris.track("bob", "lobby", "bob");
 * isolate("paris");
 * advance(40_000);
 * tokyo.keys("lobby"); // []
 * heal("paris");
 * advance(5_000);
 * tokyo.keys("lobby"); // ["bob"]
 */
export function simulate<const Name extends string>(
  names: readonly Name[],
  options: SimulateOptions = {},
): Simulation & Readonly<Record<Name, SimulatedNode>> {
  checkArgument(
    "names",
    names,
    Array.isArray(names),
    "a list of names",
    'Pass one a node, as ["tokyo", "paris"].',
  );
  assertOptionsObject(options);
  const { seed = 1, network = {}, ...trackerOptions } = options;
  assertOwnOnly({ ...trackerOptions });
  const conditions = { delayMs: [1, 5] as const, ...network };
  const cluster = new SimulatedCluster({ seed, trackerOptions, conditions, recordLog: false });
  const nodes = new Map<string, SimulatedNode>();

  function start(name: string, replicaName: string = name): SimulatedNode {
    if (nodes.has(name))
      throw new InvalidArgumentError(`There is a node ${name} already. Give each its own name.`);
    const node = new SimulatedNode(cluster, name, replicaName);
    nodes.set(name, node);
    return node;
  }

  function node(name: string): SimulatedNode {
    const found = nodes.get(name);
    if (found !== undefined) return found;
    const present = [...nodes.keys()].join(", ");
    throw new InvalidArgumentError(
      `There is no node ${typeof name === "string" ? name : describeValue(name)}; there are ${present}. Name one of them.`,
    );
  }

  function known(name: string): string {
    return node(name).name;
  }

  const simulation: Simulation = {
    advance: (ms) => {
      assertDuration(ms);
      cluster.advance(ms);
    },
    now: () => cluster.now,
    start,
    names: () => [...nodes.keys()],
    node,
    crash: (name) => cluster.crash(known(name)),
    restart: (name) => {
      const { replicaName } = node(name);
      if (cluster.processes.has(name)) cluster.crash(name);
      cluster.start(name, replicaName);
      return node(name);
    },
    pause: (name) => cluster.pause(known(name)),
    resume: (name) => cluster.resume(known(name)),
    jumpWall: (name, ms) => {
      assertJump(ms);
      cluster.jumpWall(known(name), ms);
    },
    cut: (from, to) => cluster.cut(known(from), known(to)),
    isolate: (name) => cluster.isolate(known(name)),
    partition: (...groups) => {
      for (const group of groups)
        checkArgument("group", group, Array.isArray(group), "a list of names", 'Pass ["tokyo"], ["paris"].');
      cluster.partition(...groups.map((group) => group.map(known)));
    },
    heal: (from, to) => cluster.heal(from && known(from), to && known(to)),
    disconnect: (name, outage = {}) => cluster.disconnect(known(name), outage),
    reconnect: (name) => cluster.reconnect(known(name)),
    deafen: (name) => cluster.deafen(known(name)),
    setConditions: (changed) => cluster.setConditions(changed),
    setLink: (from, to, changed) => cluster.setLink(known(from), known(to), changed),
    traffic: () => ({
      messages: cluster.traffic.sentCount,
      byKind: Object.fromEntries(cluster.traffic.sentByKind),
      bytes: cluster.traffic.sentBytes,
      bytesByKind: Object.fromEntries(cluster.traffic.bytesByKind),
      network: { ...cluster.network.counts },
    }),
  };

  for (const name of names) {
    if (Object.hasOwn(simulation, name)) {
      throw new InvalidArgumentError(
        `A node can't be called ${name}: so is a call of the simulation. Name it otherwise.`,
      );
    }
    start(name);
  }
  return { ...simulation, ...Object.fromEntries(nodes) } as Simulation & Record<Name, SimulatedNode>;
}

/** What the simulation itself provides would be taken from it. */
function assertOwnOnly({ pubsub, clock, random, replicaName }: Readonly<Record<string, unknown>>): void {
  const provided = Object.entries({ pubsub, clock, random, replicaName }).filter(
    ([, given]) => given !== undefined,
  );
  assertNoUnknownOptions(Object.fromEntries(provided), { seed: 1, network: {}, ...trackerTimesOf({}) });
}
