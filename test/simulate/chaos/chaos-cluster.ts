import type { Cluster } from "../../../src/testing/simulation/simulated-cluster.ts";
import { SimulatedNode } from "../../../src/testing/simulation/simulated-node.ts";
import type { Incarnation } from "../../../src/testing/simulation/simulated-process.ts";
import type { Dice } from "../../support/dice.ts";

/** The cluster under chaos: which nodes there are, and how often what went wrong. */
export class World {
  readonly cluster: Cluster;
  readonly dice: Dice;
  readonly nodes: Map<string, SimulatedNode> = new Map();
  /** How often each fault struck, by its name. */
  readonly faults: Map<string, number> = new Map();
  /** As many nodes as ever run at once. */
  mostNodes = 7;
  /** Until when messages may be under way. */
  inFlightUntil = 0;
  /** Whether faults and changes are over. */
  isCalm = false;
  #started = 0;

  constructor(cluster: Cluster, dice: Dice) {
    this.cluster = cluster;
    this.dice = dice;
  }

  get hasRoom(): boolean {
    return this.cluster.living.size < this.mostNodes;
  }

  /** The labels of all nodes with a process, paused or not. */
  get living(): string[] {
    return [...this.cluster.living.keys()];
  }

  /** Those that can be called. */
  get running(): Incarnation[] {
    return [...this.cluster.living.values()].filter(({ process }) => process.isRunning);
  }

  /** Starts a node of a new name, or a second process under the name of another. */
  startNew(replicaName?: string): SimulatedNode {
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
    if (this.cluster.living.has(label) || !this.hasRoom) return;
    this.cluster.start(label, this.nodes.get(label)!.replicaName);
  }

  /** Lets something happen later, in chaos only. */
  later(delayMs: number, happen: () => void): void {
    this.cluster.queue.add(() => {
      if (!this.isCalm) happen();
    }, delayMs);
  }

  /** Lets something happen again and again, every `mean` ms on average. */
  often(mean: number, happen: () => void): void {
    this.later(this.dice.wait(mean), () => {
      happen();
      this.often(mean, happen);
    });
  }

  struck(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }
}

const PLACES = ["tokyo", "paris", "osaka", "lagos", "lima", "oslo", "delhi", "quito", "accra", "perth"];
