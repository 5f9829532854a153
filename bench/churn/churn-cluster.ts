import { equal } from "node:assert/strict";
import { memoryPubSub } from "../../src/pubsub/memory.ts";
import { Random } from "../crdt/random.ts";
import { ChurnNode } from "./churn-node.ts";

/** Three nodes of one cluster in one process, over memory; each with its part of the presences. */
export class ChurnCluster {
  readonly #pubsub = memoryPubSub();
  readonly #random = new Random(7);
  readonly #nodes: ChurnNode[] = [];
  readonly #standing: number;
  #restarts = 0;

  constructor(standing: number) {
    this.#standing = standing;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** How many joins, leaves and updates there were. */
  get changes(): number {
    return this.#nodes.reduce((sum, { changes }) => sum + changes, 0);
  }

  /** How many leaves each node has made at least since it was last started. */
  get leastLeaves(): number {
    return Math.min(...this.#nodes.map(({ leaves }) => leaves));
  }

  async start(): Promise<void> {
    for (const name of ["tokyo", "paris", "lima"]) {
      const node = new ChurnNode(name, this.#pubsub, this.#random);
      await node.start(this.#standing / 3);
      this.#nodes.push(node);
    }
  }

  /** So many changes, spread over the nodes. */
  makeChanges(changes: number): void {
    const end = this.changes + changes;
    for (let turn = 0; this.changes < end; turn++) this.#nodes[turn % this.#nodes.length]!.change();
  }

  /** One node in its turn ends, every second time without a word, and starts anew with as many presences. */
  async restart(): Promise<void> {
    const node = this.#nodes[this.#restarts % this.#nodes.length]!;
    await node.stop(this.#restarts % 2 === 0 ? "says so" : "dies");
    await node.start(this.#standing / 3);
    this.#restarts++;
  }

  /** Whether every node lists what the nodes have tracked, and nothing else, and counts what it lists. */
  isAgreed(): boolean {
    const truth = this.#nodes.flatMap((node) => node.expected()).sort();
    equal(truth.length, this.#standing);
    return this.#nodes.every((node) => {
      const listed = node.listed().sort();
      return listed.length === truth.length && listed.every((presence, at) => presence === truth[at]);
    });
  }

  async stop(): Promise<void> {
    for (const node of this.#nodes) await node.stop("says so");
  }
}
