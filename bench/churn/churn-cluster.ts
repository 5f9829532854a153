import { equal } from "node:assert/strict";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { Random } from "../crdt/random.ts";
import { ChurnNode } from "./churn-node.ts";

/** Three nodes of one cluster in one process, over a memory pub/sub. Each holds a third of the presences. */
export class ChurnCluster {
  readonly #pubsub = memoryPubSub();
  readonly #random = new Random(7);
  readonly #nodes: ChurnNode[] = [];
  readonly #presences: number;
  #restarts = 0;

  constructor(presences: number) {
    this.#presences = presences;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Joins, leaves and updates so far. */
  get changes(): number {
    return this.#nodes.reduce((sum, { changes }) => sum + changes, 0);
  }

  /** The number of leaves since the last start, of the node with the fewest. */
  get fewestLeaves(): number {
    return Math.min(...this.#nodes.map(({ leaves }) => leaves));
  }

  async start(): Promise<void> {
    for (const name of ["tokyo", "paris", "lima"]) {
      const node = new ChurnNode(name, this.#pubsub, this.#random);
      await node.start(this.#presences / 3);
      this.#nodes.push(node);
    }
  }

  /** Makes at least this many changes, on each node in turn. */
  makeChanges(changes: number): void {
    const end = this.changes + changes;
    for (let turn = 0; this.changes < end; turn++) this.#nodes[turn % this.#nodes.length]!.change();
  }

  /** Restarts the next node with as many presences as before. Every second time it stops without closing. */
  async restart(): Promise<void> {
    const node = this.#nodes[this.#restarts % this.#nodes.length]!;
    await node.stop(this.#restarts % 2 === 0 ? "closes" : "dies");
    await node.start(this.#presences / 3);
    this.#restarts++;
  }

  /** Whether every node lists exactly the presences that all nodes track. */
  isAgreed(): boolean {
    const expected = this.#nodes.flatMap((node) => node.expected()).sort();
    equal(expected.length, this.#presences);
    return this.#nodes.every((node) => {
      const listed = node.listed().sort();
      return listed.length === expected.length && listed.every((presence, at) => presence === expected[at]);
    });
  }

  async stop(): Promise<void> {
    for (const node of this.#nodes) await node.stop("closes");
  }
}
