import type { Network } from "../../network/network.ts";
import type { TroubleFreeSince } from "./deadlines.ts";

/** What is looked at. */
interface Sight {
  readonly now: number;
  /** Whether messages take longer than usual. */
  readonly isSlow: boolean;
  readonly network: Network;
  readonly processes: ReadonlyMap<
    string,
    { readonly runtime: { readonly isRunning: boolean }; readonly startedAt: number }
  >;
}

/** A time in which a node could not hear, by no fault of others. */
export interface Trouble {
  readonly from: number;
  /** `Infinity` while it lasts. */
  readonly to: number;
}

/**
 * From when on each node, and each way between two, was without trouble. Looked at whenever a fault begins or ends, and
 * now and then as some end by themselves: seen late, that makes promises weaker, never false.
 */
export class TroubleLog {
  readonly #cluster: Sight;
  readonly #nodes = new Map<string, number>();
  readonly #troubles = new Map<string, Trouble>();
  /** Those in a trouble that they know of as soon as it is over. */
  readonly #aware = new Set<string>();
  readonly #ways = new Map<string, Map<string, number>>();

  constructor(cluster: Sight) {
    this.#cluster = cluster;
  }

  /** Looks at everything. */
  observeAll(): void {
    const labels = [...this.#cluster.processes.keys()];
    for (const label of labels) this.observeNode(label);
    for (const from of labels) {
      for (const to of labels) if (from !== to) this.#lookBetween(from, to);
    }
    for (const label of this.#nodes.keys())
      if (!this.#cluster.processes.has(label)) this.#nodes.delete(label);
  }

  /** Looks at one node. */
  observeNode(label: string): void {
    const incarnation = this.#cluster.processes.get(label);
    const { network, isSlow } = this.#cluster;
    const isPaused = incarnation !== undefined && !incarnation.runtime.isRunning;
    const isAware = isPaused || (incarnation !== undefined && network.reportsDisconnected(label));
    const isInTrouble = incarnation !== undefined && (isPaused || !network.canHear(label));
    let trouble = this.#troubles.get(label);
    // Awake or connected again it gives everybody a whole time, whether it hears or not: what it has to notice begins anew.
    if (this.#aware.delete(label) && !isAware) trouble = troubleAfter(trouble, false, this.#cluster.now);
    if (isAware) this.#aware.add(label);
    this.#troubles.set(label, troubleAfter(trouble, isInTrouble, this.#cluster.now));
    // Where its own messages take long to come back, a node can't tell that it hears.
    const isClear = incarnation?.runtime.isRunning === true && network.canHear(label) && !isSlow;
    const since = Math.max(this.#since(this.#nodes.get(label), isClear), incarnation?.startedAt ?? 0);
    this.#nodes.set(label, since);
  }

  /** The latest time in which a node could not hear: paused, cut off or deaf. */
  troubleOf(label: string): Trouble | undefined {
    return this.#troubles.get(label);
  }

  /** A node has another id: what others know of it begins anew. */
  idChanged(label: string): void {
    for (const [from, ways] of this.#ways) {
      for (const to of ways.keys()) if (from === label || to === label) ways.set(to, this.#cluster.now);
    }
  }

  between(observer: string, other: string): TroubleFreeSince {
    const clear = this.#nodes.get(observer) ?? Number.POSITIVE_INFINITY;
    if (observer === other) return { observer: clear, between: clear };
    const theirs = this.#nodes.get(other) ?? Number.POSITIVE_INFINITY;
    const hither = this.#ways.get(other)?.get(observer) ?? Number.POSITIVE_INFINITY;
    const thither = this.#ways.get(observer)?.get(other) ?? Number.POSITIVE_INFINITY;
    return { observer: clear, between: Math.max(clear, theirs, hither, thither) };
  }

  #lookBetween(from: string, to: string): void {
    let ways = this.#ways.get(from);
    if (ways === undefined) {
      ways = new Map();
      this.#ways.set(from, ways);
    }
    ways.set(to, this.#since(ways.get(to), this.#cluster.network.isOpen(from, to)));
  }

  #since(before: number | undefined, isClear: boolean): number {
    if (!isClear) return Number.POSITIVE_INFINITY;
    return before === undefined || before === Number.POSITIVE_INFINITY ? this.#cluster.now : before;
  }
}

const NO_TROUBLE: Trouble = { from: 0, to: 0 };

function troubleAfter(before: Trouble = NO_TROUBLE, isInTrouble: boolean, now: number): Trouble {
  const wasInTrouble = before.to === Number.POSITIVE_INFINITY;
  if (isInTrouble === wasInTrouble) return before;
  return isInTrouble ? { from: now, to: Number.POSITIVE_INFINITY } : { from: before.from, to: now };
}
