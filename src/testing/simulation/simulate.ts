import { assertNoUnknownOptions, assertOptionsObject, checkArgument } from "../../checks/check-argument.ts";
import { describeValue } from "../../checks/describe-value.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { assertDuration, assertJump } from "../manual-clock.ts";
import type { NetworkConditions } from "../network/conditions.ts";
import type { NetworkCounts } from "../network/links.ts";
import type { Outage } from "../network/node-connection.ts";
import { SimulatedCluster } from "./simulated-cluster.ts";
import { type SimulatedNode, startNode } from "./simulated-node.ts";
import { type SimulatedTrackerOptions, trackerTimesOf } from "./tracker-times.ts";

/**
 * Options of `simulate`: a seed, the conditions of the network, and the options of all trackers.
 *
 * @example
 * simulate(["tokyo", "paris"], { leaveDelayMs: 5_000, network: { delayMs: [1, 20] } });
 */
export interface SimulateOptions extends SimulatedTrackerOptions {
  /** Tracker options of single nodes, by name. They win over those of all nodes. @defaultValue none */
  nodes?: Readonly<Record<string, SimulatedTrackerOptions>>;
  /** Decides everything random. The same seed gives the same run. @defaultValue 1 */
  seed?: number;
  /** The conditions of the network at the start. @defaultValue a delay from 1 to 5 ms and no loss */
  network?: Partial<NetworkConditions>;
}

/**
 * A cluster in virtual time. Timers and messages run during `advance` only. `advance` and the calls of the nodes throw a
 * `BrokenPromiseError` when a node breaks a promise of the library.
 *
 * @example
 * const { tokyo, paris, advance, crash } = simulate(["tokyo", "paris"]);
 */
export interface Simulation {
  /** Moves virtual time on by `ms`. @example advance(30_000); */
  advance(ms: number): void;
  /** The virtual time since the start, in ms. @example now(); // 30_000 */
  now(): number;
  /**
   * Starts another node. With the `replicaName` of a running node, both run under the same name.
   * @example const osaka = start("osaka");
   */
  start(name: string, replicaName?: string): SimulatedNode;
  /** The names of all nodes, in the order in which they were started. @example names(); // ["tokyo", "paris"] */
  names(): string[];
  /** Returns the node of a name. @example node("osaka").keys("lobby"); */
  node(name: string): SimulatedNode;
  /** Ends a node's process as SIGKILL does. @example crash("paris"); */
  crash(name: string): void;
  /** Starts the process of a node again under its name. Crashes the process first if it runs. @example restart("paris"); */
  restart(name: string): SimulatedNode;
  /** Pauses a node's process as SIGSTOP does: timers and messages wait. @example pause("paris"); */
  pause(name: string): void;
  /** Resumes a paused process as SIGCONT does. @example resume("paris"); */
  resume(name: string): void;
  /** Sets the wall clock of a node's machine forward or back by `ms`. @example jumpWall("paris", -3_600_000); */
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
  /** Counts what the nodes have sent. @example const { messages, bytes } = traffic(); */
  traffic(): SimulatedTraffic;
}

/**
 * What the nodes of a simulation have sent. A message counts once, however many nodes receive it.
 *
 * @example
 * const before = traffic();
 */
export interface SimulatedTraffic {
  /** The number of messages. */
  readonly messages: number;
  /** The number of messages of each kind: delta, heartbeat, pull, push, leaving. */
  readonly byKind: Readonly<Record<string, number>>;
  /** The bytes of all messages. */
  readonly bytes: number;
  /** The bytes of the messages of each kind. */
  readonly bytesByKind: Readonly<Record<string, number>>;
  /** What the network did to the messages. */
  readonly network: Readonly<NetworkCounts>;
}

/**
 * Simulates a cluster in virtual time: one node per name, each with the production tracker, and a network whose faults you
 * control. Destructure the nodes by their names, together with the calls that you need.
 *
 * @throws {InvalidArgumentError} for a name that occurs twice or is the name of a call, and for a wrong or unknown option; it
 * is a `TypeError`.
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
    'Pass one name per node, such as ["tokyo", "paris"].',
  );
  assertOptionsObject(options);
  const { seed = 1, network = {}, nodes: ownOptions = {}, ...trackerOptions } = options;
  assertNotProvided({ ...trackerOptions });
  assertOptionsObject(ownOptions, "Pass { nodes: { paris: { broadcastPeriodMs: 3_000 } } }, for example.");
  for (const own of Object.values(ownOptions)) assertNotProvided({ ...own });
  const conditions = { delayMs: [1, 5] as const, ...network };
  const optionsOf = (name: string) => (Object.hasOwn(ownOptions, name) ? ownOptions[name]! : {});
  const cluster = new SimulatedCluster({ seed, trackerOptions, optionsOf, conditions, recordLog: false });
  const nodes = new Map<string, SimulatedNode>();

  function start(name: string, replicaName: string = name): SimulatedNode {
    if (nodes.has(name))
      throw new InvalidArgumentError(`There already is a node ${name}. Choose another name.`);
    const node = startNode(cluster, name, replicaName);
    nodes.set(name, node);
    return node;
  }

  function node(name: string): SimulatedNode {
    const found = nodes.get(name);
    if (found !== undefined) return found;
    const known = [...nodes.keys()].join(", ");
    throw new InvalidArgumentError(
      `There is no node ${typeof name === "string" ? name : describeValue(name)}; the nodes are ${known}. Pass one of these names.`,
    );
  }

  function nameOf(name: string): string {
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
    crash: (name) => cluster.crash(nameOf(name)),
    restart: (name) => {
      const { replicaName } = node(name);
      if (cluster.processes.has(name)) cluster.crash(name);
      cluster.start(name, replicaName);
      return node(name);
    },
    pause: (name) => cluster.pause(nameOf(name)),
    resume: (name) => cluster.resume(nameOf(name)),
    jumpWall: (name, ms) => {
      assertJump(ms);
      cluster.jumpWall(nameOf(name), ms);
    },
    cut: (from, to) => cluster.cut(nameOf(from), nameOf(to)),
    isolate: (name) => cluster.isolate(nameOf(name)),
    partition: (...groups) => {
      for (const group of groups)
        checkArgument(
          "group",
          group,
          Array.isArray(group),
          "a list of names",
          'Pass one list per group, such as ["tokyo"], ["paris"].',
        );
      cluster.partition(...groups.map((group) => group.map(nameOf)));
    },
    heal: (from, to) => cluster.heal(from && nameOf(from), to && nameOf(to)),
    disconnect: (name, outage = {}) => cluster.disconnect(nameOf(name), outage),
    reconnect: (name) => cluster.reconnect(nameOf(name)),
    deafen: (name) => cluster.deafen(nameOf(name)),
    setConditions: (changed) => cluster.setConditions(changed),
    setLink: (from, to, changed) => cluster.setLink(nameOf(from), nameOf(to), changed),
    traffic: () => ({
      messages: cluster.messages.sentCount,
      byKind: Object.fromEntries(cluster.messages.sentByKind),
      bytes: cluster.messages.sentBytes,
      bytesByKind: Object.fromEntries(cluster.messages.bytesByKind),
      network: { ...cluster.network.counts },
    }),
  };

  for (const name of names) {
    if (Object.hasOwn(simulation, name)) {
      throw new InvalidArgumentError(
        `A node cannot have the name ${name}, because a call of the simulation has it. Choose another name.`,
      );
    }
    start(name);
  }
  return { ...simulation, ...Object.fromEntries(nodes) } as Simulation & Record<Name, SimulatedNode>;
}

/** Refuses the tracker options that the simulation provides itself. */
function assertNotProvided({ pubsub, clock, random, replicaName }: Readonly<Record<string, unknown>>): void {
  const provided = Object.entries({ pubsub, clock, random, replicaName }).filter(
    ([, given]) => given !== undefined,
  );
  assertNoUnknownOptions(Object.fromEntries(provided), {
    seed: 1,
    network: {},
    nodes: {},
    ...trackerTimesOf({}),
  });
}
