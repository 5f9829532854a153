import { setTimeout as pause } from "node:timers/promises";
import type { NodeProcess } from "./node-process.ts";

/** How many guests a node has, once it has been up for a moment. */
const GUESTS_PER_NODE = 20;

/** A load of guests: at each node that is up, about a hundred join and leave per second, until `stop`. */
export class ChurnLoad {
  readonly #up: ReadonlySet<NodeProcess>;
  readonly #guestsByNode = new Map<NodeProcess, string[]>();
  readonly #stopped: Promise<void>;
  #isStopping = false;
  joins = 0;

  constructor(up: ReadonlySet<NodeProcess>) {
    this.#up = up;
    this.#stopped = this.#run();
  }

  /** The keys of the current guests, at all nodes that are up. */
  get keys(): string[] {
    return [...this.#up].flatMap((node) => this.#guestsByNode.get(node) ?? []);
  }

  stop(): Promise<void> {
    this.#isStopping = true;
    return this.#stopped;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      for (const node of this.#up) {
        const guests = this.#guestsByNode.get(node) ?? [];
        this.#guestsByNode.set(node, guests);
        this.joins += 1;
        guests.push(`guest ${this.joins}`);
        node.track(guests.at(-1)!);
        if (guests.length > GUESTS_PER_NODE) node.untrack(guests.shift()!);
      }
      await pause(10);
    }
  }
}
