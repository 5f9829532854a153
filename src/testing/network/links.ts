import { GOOD_CONDITIONS, type NetworkConditions, randomInRange } from "./conditions.ts";

/**
 * What the network did to messages, and how often.
 *
 * @example
 * const { lost, delivered }: NetworkCounts = network.counts;
 */
export interface NetworkCounts {
  /** Deliveries that reached a listener. */
  delivered: number;
  /** Deliveries that chance let get lost. */
  lost: number;
  /** Second copies. */
  duplicated: number;
  /** Deliveries that took any time at all. */
  delayed: number;
  /** Deliveries that were held up for `lateMs`. */
  late: number;
  /** Deliveries that a later message of the same sender had overtaken. */
  reordered: number;
  /** Deliveries that a cut stopped. */
  cut: number;
  /** Messages and deliveries that an outage stopped. */
  outage: number;
  /** Deliveries that a deaf node did not hear. */
  unheard: number;
}

/** One direction between two nodes. */
class Link {
  isCut = false;
  conditions: NetworkConditions | undefined = undefined;
  lastArrival = 0;
  highestArrived = -1;
}

/** All directions between all nodes, and what chance decides for each message. */
export class Links {
  conditions: NetworkConditions = GOOD_CONDITIONS;
  readonly counts: NetworkCounts = {
    delivered: 0,
    lost: 0,
    duplicated: 0,
    delayed: 0,
    late: 0,
    reordered: 0,
    cut: 0,
    outage: 0,
    unheard: 0,
  };
  readonly #links = new Map<string, Map<string, Link>>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  setAll(conditions: Partial<NetworkConditions>): void {
    this.conditions = { ...this.conditions, ...conditions };
    for (const links of this.#links.values()) {
      for (const link of links.values()) {
        if (link.conditions !== undefined) link.conditions = { ...link.conditions, ...conditions };
      }
    }
  }

  setLink(from: string, to: string, conditions: Partial<NetworkConditions>): void {
    const link = this.#link(from, to);
    link.conditions = { ...(link.conditions ?? this.conditions), ...conditions };
  }

  cut(from: string, to: string): void {
    this.#link(from, to).isCut = true;
  }

  isCut(from: string, to: string): boolean {
    return this.#links.get(from)?.get(to)?.isCut ?? false;
  }

  /** Whether nothing gets lost or held up on this way. */
  isOpen(from: string, to: string): boolean {
    const { isCut, conditions = this.conditions } = this.#link(from, to);
    return !isCut && conditions.lossRate === 0 && conditions.lateRate === 0;
  }

  heal(from: string, to: string): void {
    this.#link(from, to).isCut = false;
  }

  healAll(): void {
    for (const links of this.#links.values()) for (const link of links.values()) link.isCut = false;
  }

  /** After how many ms each copy of a message is to arrive: none, one or two. */
  deliveryDelays(from: string, to: string, now: number): number[] {
    const link = this.#link(from, to);
    if (link.isCut) {
      this.counts.cut++;
      return [];
    }
    const conditions = link.conditions ?? this.conditions;
    const isEcho = from === to;
    if (!isEcho && this.#happens(conditions.lossRate)) {
      this.counts.lost++;
      return [];
    }
    const fates = [this.#fate(link, conditions, isEcho, now)];
    if (this.#happens(conditions.duplicateRate)) {
      this.counts.duplicated++;
      fates.push(randomInRange(conditions.delayMs, this.#random));
    }
    return fates;
  }

  /** Counts an arrival. */
  countArrival(from: string, to: string, number: number): void {
    const link = this.#link(from, to);
    this.counts.delivered++;
    if (number < link.highestArrived) this.counts.reordered++;
    else link.highestArrived = number;
  }

  #fate(link: Link, conditions: NetworkConditions, isEcho: boolean, now: number): number {
    const delay = randomInRange(conditions.delayMs, this.#random);
    if (!isEcho && this.#happens(conditions.lateRate)) {
      this.counts.late++;
      return delay + randomInRange(conditions.lateMs, this.#random);
    }
    if (delay > 0) this.counts.delayed++;
    if (!conditions.keepsOrder) return delay;
    link.lastArrival = Math.max(link.lastArrival, now + delay);
    return link.lastArrival - now;
  }

  #happens(rate: number): boolean {
    return rate > 0 && this.#random() < rate;
  }

  #link(from: string, to: string): Link {
    let links = this.#links.get(from);
    if (links === undefined) {
      links = new Map();
      this.#links.set(from, links);
    }
    let link = links.get(to);
    if (link === undefined) {
      link = new Link();
      links.set(to, link);
    }
    return link;
  }
}
