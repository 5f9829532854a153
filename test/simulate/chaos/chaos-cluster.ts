import type { SimulatedCluster } from "../../../src/testing/simulation/simulated-cluster.ts";
import { type SimulatedNode, startNode } from "../../../src/testing/simulation/simulated-node.ts";
import type { SimulatedProcess } from "../../../src/testing/simulation/simulated-process.ts";
import { Dice } from "../../support/dice.ts";
import { Overheard } from "./strangers.ts";

/** A cluster with random faults: its nodes, and how often each fault occurred. */
export class ChaosCluster {
  readonly cluster: SimulatedCluster;
  readonly dice: Dice;
  readonly nodes: Map<string, SimulatedNode> = new Map();
  /** How often each fault occurred, by its name. */
  readonly faults: Map<string, number> = new Map();
  /** What strangers have heard. */
  readonly overheard: Overheard;
  /** The most nodes that run at the same time. */
  maxNodes = 7;
  /** Whether no more faults and changes follow. */
  isChaosOver = false;
  #started = 0;

  constructor(cluster: SimulatedCluster, dice: Dice) {
    this.cluster = cluster;
    this.dice = dice;
    this.overheard = new Overheard(new Dice(dice.integer(0, 0xffff_ffff)));
    cluster.stranger.listen((message) => this.overheard.add(message));
  }

  get hasRoom(): boolean {
    return this.cluster.processes.size < this.maxNodes;
  }

  /** The labels of all nodes with a process, paused or not. */
  get liveLabels(): string[] {
    return [...this.cluster.processes.keys()];
  }

  /** The processes that run and are not paused. */
  get running(): SimulatedProcess[] {
    return [...this.cluster.processes.values()].filter(({ runtime }) => runtime.isRunning);
  }

  /** Starts a node under a new name, or a second process under the replica name of another node. */
  startNode(replicaName?: string): SimulatedNode {
    const place = PLACES[this.#started % PLACES.length]!;
    const round = Math.floor(this.#started / PLACES.length);
    this.#started++;
    const label = round === 0 ? place : `${place}${round + 1}`;
    const node = startNode(this.cluster, label, replicaName ?? label);
    this.nodes.set(label, node);
    return node;
  }

  /** Starts the process of a node again, unless it runs or the cluster is full. */
  restart(label: string): void {
    if (this.cluster.processes.has(label) || !this.hasRoom) return;
    this.cluster.start(label, this.nodes.get(label)!.replicaName);
  }

  /** Runs something later, unless the chaos is over by then. */
  schedule(delayMs: number, action: () => void): void {
    this.cluster.queue.add(() => {
      if (!this.isChaosOver) action();
    }, delayMs);
  }

  /** Runs something repeatedly, every `mean` ms on average. */
  scheduleRepeatedly(mean: number, action: () => void): void {
    this.schedule(this.dice.exponentialDelay(mean), () => {
      action();
      this.scheduleRepeatedly(mean, action);
    });
  }

  countFault(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }
}

const PLACES = ["tokyo", "paris", "osaka", "lagos", "lima", "oslo", "delhi", "quito", "accra", "perth"];
