import { setTimeout as pause } from "node:timers/promises";
import type { NodeProcess } from "./node-process.ts";

/** So many are at each process, when it has been up for a moment. */
const PARTY = 20;

/** Load: guests come and go at all processes that are up, a hundred a second of each, until they are told to stop. */
export class ChurnLoad {
  readonly #up: ReadonlySet<NodeProcess>;
  readonly #parties = new Map<NodeProcess, string[]>();
  readonly #over: Promise<void>;
  #isOver = false;
  joins = 0;

  constructor(up: ReadonlySet<NodeProcess>) {
    this.#up = up;
    this.#over = this.#stir();
  }

  /** Those who are there, at processes that are up. */
  get keys(): string[] {
    return [...this.#up].flatMap((node) => this.#parties.get(node) ?? []);
  }

  stop(): Promise<void> {
    this.#isOver = true;
    return this.#over;
  }

  async #stir(): Promise<void> {
    while (!this.#isOver) {
      for (const node of this.#up) {
        const party = this.#parties.get(node) ?? [];
        this.#parties.set(node, party);
        this.joins += 1;
        party.push(`guest ${this.joins}`);
        node.track(party.at(-1)!);
        if (party.length > PARTY) node.untrack(party.shift()!);
      }
      await pause(10);
    }
  }
}
