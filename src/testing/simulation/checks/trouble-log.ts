import type { SimulatedNetwork } from "../../network/lossy-network.ts";
import type { TroubleFreeSince } from "./deadlines.ts";

/** The parts of a cluster that the log observes. */
interface ObservedCluster {
  readonly now: number;
  /** Whether messages from one node to another take longer than usual. */
  isSlow(from: string, to: string): boolean;
  readonly network: SimulatedNetwork;
  readonly processes: ReadonlyMap<
    string,
    { readonly runtime: { readonly isRunning: boolean }; readonly startedAt: number }
  >;
}

/** A time in which a node could not receive, through no fault of the other nodes. */
export interface Trouble {
  readonly from: number;
  /** `Infinity` while it lasts. */
  readonly to: number;
}

/**
 * Records since when each node and each link has been free of trouble. It observes the cluster whenever a fault begins or
 * ends, and regularly, because some faults end by themselves. A late observation makes the checks weaker, never wrong.
 */
export class TroubleLog {
  readonly #cluster: ObservedCluster;
  readonly #troubleFreeSince = new Map<string, number>();
  readonly #troubles = new Map<string, Trouble>();
  /** Nodes in a trouble that they notice at the latest when it ends: they are paused, or know that they are disconnected. */
  readonly #noticed = new Set<string>();
  readonly #linksOpenSince = new Map<string, Map<string, number>>();

  constructor(cluster: ObservedCluster) {
    this.#cluster = cluster;
  }

  /** Observes all nodes and links. */
  observeAll(): void {
    const labels = [...this.#cluster.processes.keys()];
    for (const label of labels) this.observeNode(label);
    for (const from of labels) {
      for (const to of labels) if (from !== to) this.#observeLink(from, to);
    }
    for (const label of this.#troubleFreeSince.keys())
      if (!this.#cluster.processes.has(label)) this.#troubleFreeSince.delete(label);
  }

  /** Observes one node. */
  observeNode(label: string): void {
    const process = this.#cluster.processes.get(label);
    const { network } = this.#cluster;
    const isPaused = process !== undefined && !process.runtime.isRunning;
    const isNoticed = isPaused || (process !== undefined && network.reportsDisconnected(label));
    const isInTrouble = process !== undefined && (isPaused || !network.canHear(label));
    let trouble = this.#troubles.get(label);
    // When a node resumes or reconnects, it gives every other node a whole downPeriodMs, even if it still cannot receive.
    // From then on it has to notice that again.
    if (this.#noticed.delete(label) && !isNoticed) trouble = troubleAfter(trouble, false, this.#cluster.now);
    if (isNoticed) this.#noticed.add(label);
    this.#troubles.set(label, troubleAfter(trouble, isInTrouble, this.#cluster.now));
    // While its own messages come back slowly, a node cannot tell whether it receives.
    const isTroubleFree =
      process?.runtime.isRunning === true && network.canHear(label) && !this.#cluster.isSlow(label, label);
    const before = this.#troubleFreeSince.get(label);
    const since = Math.max(this.#sinceWhen(before, isTroubleFree), process?.startedAt ?? 0);
    this.#troubleFreeSince.set(label, since);
  }

  /**
   * A message of its own reached a node. If that was under way when the trouble began, the node could hear until now, and
   * begins to miss its messages only from now on.
   */
  ownMessageArrived(label: string): void {
    const trouble = this.#troubles.get(label);
    if (trouble?.to === Number.POSITIVE_INFINITY)
      this.#troubles.set(label, { ...trouble, from: this.#cluster.now });
  }

  /** The latest time in which a node could not receive: it was paused, disconnected or deaf. */
  troubleOf(label: string): Trouble | undefined {
    return this.#troubles.get(label);
  }

  /**
   * A node took another id: the other nodes have to learn of it from the start. A trouble that it had at most `noticedMs` to
   * notice has to be noticed from the start too, because messages under the former id cannot come back.
   */
  idChanged(label: string, noticedMs: number): void {
    const trouble = this.#troubles.get(label);
    if (trouble?.to === Number.POSITIVE_INFINITY && this.#cluster.now <= trouble.from + noticedMs)
      this.#troubles.set(label, { ...trouble, from: this.#cluster.now });
    for (const [from, links] of this.#linksOpenSince) {
      for (const to of links.keys()) if (from === label || to === label) links.set(to, this.#cluster.now);
    }
  }

  between(observer: string, other: string): TroubleFreeSince {
    const ofObserver = this.#troubleFreeSince.get(observer) ?? Number.POSITIVE_INFINITY;
    if (observer === other) return { observer: ofObserver, between: ofObserver };
    const ofOther = this.#troubleFreeSince.get(other) ?? Number.POSITIVE_INFINITY;
    const toObserver = this.#linksOpenSince.get(other)?.get(observer) ?? Number.POSITIVE_INFINITY;
    const fromObserver = this.#linksOpenSince.get(observer)?.get(other) ?? Number.POSITIVE_INFINITY;
    return { observer: ofObserver, between: Math.max(ofObserver, ofOther, toObserver, fromObserver) };
  }

  #observeLink(from: string, to: string): void {
    let links = this.#linksOpenSince.get(from);
    if (links === undefined) {
      links = new Map();
      this.#linksOpenSince.set(from, links);
    }
    const isTroubleFree = this.#cluster.network.isOpen(from, to) && !this.#cluster.isSlow(from, to);
    links.set(to, this.#sinceWhen(links.get(to), isTroubleFree));
  }

  #sinceWhen(before: number | undefined, isTroubleFree: boolean): number {
    if (!isTroubleFree) return Number.POSITIVE_INFINITY;
    return before === undefined || before === Number.POSITIVE_INFINITY ? this.#cluster.now : before;
  }
}

const NO_TROUBLE: Trouble = { from: 0, to: 0 };

function troubleAfter(before: Trouble = NO_TROUBLE, isInTrouble: boolean, now: number): Trouble {
  const wasInTrouble = before.to === Number.POSITIVE_INFINITY;
  if (isInTrouble === wasInTrouble) return before;
  return isInTrouble ? { from: now, to: Number.POSITIVE_INFINITY } : { from: before.from, to: now };
}
