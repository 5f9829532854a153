import type { Intervals } from "../../src/crdt/intervals.ts";
import type { Meta } from "../../src/payload.ts";

/** One join or update in the model. `replaced` is the dot that an update replaced, or 0 for a join. */
export interface ModelPresence {
  readonly dot: number;
  readonly owner: number;
  readonly topic: string;
  readonly key: string;
  readonly meta: Meta;
  readonly replaced: number;
}

/**
 * A model of one replica: everything that ever joined, and the leaves that ended it. It gives the presences that any
 * other replica must hold after it has seen some of the dots. It shares no code with the set.
 */
export class ReplicaModel {
  readonly replica: string;
  readonly #joined = new Map<number, ModelPresence>();
  /** The leave of each ended dot. */
  readonly #leaves = new Map<number, number>();
  #lastDot = 0;

  constructor(replica: string) {
    this.replica = replica;
  }

  get lastDot(): number {
    return this.#lastDot;
  }

  join(owner: number, topic: string, key: string, meta: Meta, replaced = 0): void {
    this.#lastDot += 1;
    this.#joined.set(this.#lastDot, { dot: this.#lastDot, owner, topic, key, meta, replaced });
  }

  leave(presence: ModelPresence): void {
    this.#lastDot += 1;
    this.#leaves.set(presence.dot, this.#lastDot);
  }

  update(presence: ModelPresence, meta: Meta): void {
    this.leave(presence);
    this.join(presence.owner, presence.topic, presence.key, meta, presence.dot);
  }

  find(owner: number, topic: string, key: string): ModelPresence | undefined {
    return this.present().find(
      (presence) => presence.owner === owner && presence.topic === topic && presence.key === key,
    );
  }

  /** Exactly the presences that still stand. */
  present(): ModelPresence[] {
    return [...this.#joined.values()].filter(({ dot }) => !this.#leaves.has(dot));
  }

  /** The presences that are live for a replica that has seen these dots. */
  liveAfter(seen: Intervals): ModelPresence[] {
    return [...this.#joined.values()].filter(({ dot }) => seen.has(dot) && !this.#isEndedFor(dot, seen));
  }

  /** The presences that readers of such a replica see: the highest live dot of each. */
  visibleAfter(seen: Intervals): ModelPresence[] {
    const highest = new Map<string, ModelPresence>();
    for (const presence of this.liveAfter(seen))
      highest.set(JSON.stringify([presence.owner, presence.topic, presence.key]), presence);
    return [...highest.values()];
  }

  /** Whether `seen` contains the ended dot of every leave that it contains. */
  isLeaveClosed(seen: Intervals): boolean {
    return [...this.#leaves].every(([ended, leave]) => !seen.has(leave) || seen.has(ended));
  }

  /** The dot of the join from which this dot came by updates. */
  rootOf(dot: number): number {
    const { replaced } = this.#joined.get(dot)!;
    return replaced === 0 ? dot : this.rootOf(replaced);
  }

  /** The leave that ended the presence of this join after all its updates, or 0 if the presence still stands. */
  endOf(root: number): number {
    const last = [...this.#joined.keys()].findLast((dot) => this.rootOf(dot) === root)!;
    return this.#leaves.get(last) ?? 0;
  }

  #isEndedFor(dot: number, seen: Intervals): boolean {
    const leave = this.#leaves.get(dot);
    return leave !== undefined && seen.has(leave);
  }
}
