import type { SimulatedCluster } from "../../../src/testing/simulation/simulated-cluster.ts";
import { SimulatedNode } from "../../../src/testing/simulation/simulated-node.ts";
import type { SimulatedProcess } from "../../../src/testing/simulation/simulated-process.ts";
import type { Dice } from "../../support/dice.ts";

/** The cluster under chaos: which nodes there are, and how often what went wrong. */
export class ChaosCluster {
  readonly cluster: SimulatedCluster;
  readonly dice: Dice;
  readonly nodes: Map<string, SimulatedNode> = new Map();
  /** How often each fault struck, by its name. */
  readonly faults: Map<string, number> = new Map();
  /** As many nodes as ever run at once. */
  maxNodes = 7;
  /** Until when messages may be under way. */
  inFlightUntil = 0;
  /** Whether faults and changes are over. */
  isChaosOver = false;
  #started = 0;

  constructor(cluster: SimulatedCluster, dice: Dice) {
    this.cluster = cluster;
    this.dice = dice;
  }

  get hasRoom(): boolean {
    return this.cluster.processes.size < this.maxNodes;
  }

  /** The labels of all nodes with a process, paused or not. */
  get living(): string[] {
    return [...this.cluster.processes.keys()];
  }

  /** Those that can be called. */
  get running(): SimulatedProcess[] {
    return [...this.cluster.processes.values()].filter(({ runtime }) => runtime.isRunning);
  }

  /** Starts a node of a new name, or a second process under the name of another. */
  startNode(replicaName?: string): SimulatedNode {
    const place = PLACES[this.#started % PLACES.length]!;
    const round = Math.floor(this.#started / PLACES.length);
    this.#started++;
    const label = round === 0 ? place : `${place}${round + 1}`;
    const node = new SimulatedNode(this.cluster, label, replicaName ?? label);
    this.nodes.set(label, node);
    return node;
  }

  /** Starts a node's process anew, where none is and none has to make room. */
  restart(label: string): void {
    if (this.cluster.processes.has(label) || !this.hasRoom) return;
    this.cluster.start(label, this.nodes.get(label)!.replicaName);
  }

  /** Lets something happen later, in chaos only. */
  schedule(delayMs: number, happen: () => void): void {
    this.cluster.queue.add(() => {
      if (!this.isChaosOver) happen();
    }, delayMs);
  }

  /** Lets something happen again and again, every `mean` ms on average. */
  scheduleRepeatedly(mean: number, happen: () => void): void {
    this.schedule(this.dice.exponentialDelay(mean), () => {
      happen();
      this.scheduleRepeatedly(mean, happen);
    });
  }

  countFault(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }
}

const PLACES = ["tokyo", "paris", "osaka", "lagos", "lima", "oslo", "delhi", "quito", "accra", "perth"];
