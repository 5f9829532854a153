import { GOOD_CONDITIONS, type NetworkConditions, randomInRange } from "./conditions.ts";

/**
 * How often the network did what to messages.
 *
 * @example
 * const { lost, delivered }: NetworkCounts = network.counts;
 */
export interface NetworkCounts {
  /** Deliveries that reached a listener. */
  delivered: number;
  /** Deliveries that were lost because of `lossRate`. */
  lost: number;
  /** Copies that `duplicateRate` added. */
  duplicated: number;
  /** Deliveries with a delay above 0. */
  delayed: number;
  /** Deliveries that were delayed by `lateMs` in addition. */
  late: number;
  /** Deliveries that arrived after a later message of the same sender. */
  reordered: number;
  /** Deliveries that a cut prevented. */
  cut: number;
  /** Messages and deliveries that an outage prevented. */
  outage: number;
  /** Deliveries to a node that no longer receives, because of `deafen` or because it unsubscribed. */
  unheard: number;
}

/** One direction between two nodes. */
class Link {
  isCut = false;
  conditions: NetworkConditions | undefined = undefined;
  lastArrival = 0;
  highestArrived = -1;
}

/** The links between all nodes in both directions. Decides at random what happens to each message. */
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
  /** When all messages that were sent so far have arrived, late ones and copies included. */
  allArrivedAt = 0;
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

  /** The conditions of one link. */
  conditionsOf(from: string, to: string): NetworkConditions {
    return this.#links.get(from)?.get(to)?.conditions ?? this.conditions;
  }

  /** Whether no message of this link is lost or late. */
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

  /** The delays after which the copies of a message arrive, in ms: none if it is lost, two if it is duplicated. */
  deliveryDelays(from: string, to: string, now: number): number[] {
    const link = this.#link(from, to);
    if (link.isCut) {
      this.counts.cut++;
      return [];
    }
    const conditions = link.conditions ?? this.conditions;
    const isOwn = from === to;
    if (!isOwn && this.#chance(conditions.lossRate)) {
      this.counts.lost++;
      return [];
    }
    const delays = [this.#delay(link, conditions, isOwn, now)];
    if (this.#chance(conditions.duplicateRate)) {
      this.counts.duplicated++;
      delays.push(randomInRange(conditions.delayMs, this.#random));
    }
    this.allArrivedAt = Math.max(this.allArrivedAt, now + Math.max(...delays));
    return delays;
  }

  /** Counts an arrival, and whether a later message of the sender arrived before it. */
  countArrival(from: string, to: string, number: number): void {
    const link = this.#link(from, to);
    this.counts.delivered++;
    if (number < link.highestArrived) this.counts.reordered++;
    else link.highestArrived = number;
  }

  #delay(link: Link, conditions: NetworkConditions, isOwn: boolean, now: number): number {
    const delay = randomInRange(conditions.delayMs, this.#random);
    if (!isOwn && this.#chance(conditions.lateRate)) {
      this.counts.late++;
      return delay + randomInRange(conditions.lateMs, this.#random);
    }
    if (delay > 0) this.counts.delayed++;
    if (!conditions.keepsOrder) return delay;
    link.lastArrival = Math.max(link.lastArrival, now + delay);
    return link.lastArrival - now;
  }

  #chance(rate: number): boolean {
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
