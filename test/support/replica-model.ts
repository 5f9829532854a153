import type { Intervals } from "../../src/crdt/intervals.ts";
import type { Meta } from "../../src/payload.ts";

/**
 * One join or update of the model. `replaced` is the dot that an update took the place of, 0 for a join.
 *
 * @example
 * const names = tokyo.standing().map(({ topic, key }: Fact) => `${key} in ${topic}`);
 */
export interface ModelPresence {
  readonly dot: number;
  readonly owner: number;
  readonly topic: string;
  readonly key: string;
  readonly meta: Meta;
  readonly replaced: number;
}

/**
 * The model of one replica: all that ever joined, and what ended it. From it follows what anybody must hold who has
 * seen a given part of its events. It shares no code with the set.
 *
 * @example
 * const tokyo: ReplicaModel = playHistory(history).models.get("tokyo")!;
 * tokyo.standing().length; // as many as are there
 */
export class ReplicaModel {
  readonly replica: string;
  readonly #facts = new Map<number, ModelPresence>();
  readonly #endedBy = new Map<number, number>();
  #clock = 0;

  constructor(replica: string) {
    this.replica = replica;
  }

  get clock(): number {
    return this.#clock;
  }

  join(owner: number, topic: string, key: string, meta: Meta, replaced = 0): void {
    this.#clock += 1;
    this.#facts.set(this.#clock, { dot: this.#clock, owner, topic, key, meta, replaced });
  }

  leave(fact: ModelPresence): void {
    this.#clock += 1;
    this.#endedBy.set(fact.dot, this.#clock);
  }

  update(fact: ModelPresence, meta: Meta): void {
    this.leave(fact);
    this.join(fact.owner, fact.topic, fact.key, meta, fact.dot);
  }

  find(owner: number, topic: string, key: string): ModelPresence | undefined {
    return this.present().find((fact) => fact.owner === owner && fact.topic === topic && fact.key === key);
  }

  /** Exactly those who are still there. */
  present(): ModelPresence[] {
    return [...this.#facts.values()].filter(({ dot }) => !this.#endedBy.has(dot));
  }

  /** What stands for somebody who has seen these events. */
  liveAfter(seen: Intervals): ModelPresence[] {
    return [...this.#facts.values()].filter(({ dot }) => seen.has(dot) && !this.#isEndedFor(dot, seen));
  }

  /** What readers see of it: of each presence the highest dot. */
  visibleAfter(seen: Intervals): ModelPresence[] {
    const highest = new Map<string, ModelPresence>();
    for (const fact of this.liveAfter(seen))
      highest.set(JSON.stringify([fact.owner, fact.topic, fact.key]), fact);
    return [...highest.values()];
  }

  /** Whether somebody who has seen a leave has seen what it ended. */
  isLeaveClosed(seen: Intervals): boolean {
    return [...this.#endedBy].every(([dead, leave]) => !seen.has(leave) || seen.has(dead));
  }

  /** The join from which this dot came by updates. */
  rootOf(dot: number): number {
    const { replaced } = this.#facts.get(dot)!;
    return replaced === 0 ? dot : this.rootOf(replaced);
  }

  /** The leave that ended this join, however updated since; 0 if it still stands. */
  endOf(root: number): number {
    const last = [...this.#facts.keys()].findLast((dot) => this.rootOf(dot) === root)!;
    return this.#endedBy.get(last) ?? 0;
  }

  #isEndedFor(dot: number, seen: Intervals): boolean {
    const leave = this.#endedBy.get(dot);
    return leave !== undefined && seen.has(leave);
  }
}
