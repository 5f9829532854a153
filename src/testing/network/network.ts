import { assertNoUnknownOptions, assertOptionsObject } from "../../checks/check-argument.ts";
import { assertPubSub } from "../../checks/check-pubsub.ts";
import type { PubSub } from "../../pubsub/pubsub.ts";
import { systemClock } from "../../time/clock.ts";
import { assertConditions, GOOD_CONDITIONS, type NetworkConditions } from "./conditions.ts";
import { Links, type NetworkCounts } from "./links.ts";
import type { LossyNetwork, LossyNetworkOptions } from "./lossy-network.ts";
import { type NetworkContext, NetworkPubSub } from "./network-pubsub.ts";
import { NodeConnection, type Outage } from "./node-connection.ts";

/**
 * Makes a network that loses, duplicates, delays and reorders messages, cuts links and fails, around any driver.
 *
 * @throws {InvalidArgumentError} for an option that is wrong or unknown; it is a `TypeError`.
 * @example
 * const network = lossyNetwork({ conditions: { lossRate: 0.2, delayMs: [0, 50] } });
 * const bus = memoryPubSub();
 * const tokyo = await createTracker({ pubsub: network.wrap("tokyo", bus) });
 * const paris = await createTracker({ pubsub: network.wrap("paris", bus) });
 * network.cut("tokyo", "paris");
 */
export function lossyNetwork(options: LossyNetworkOptions = {}): LossyNetwork {
  return new Network(options);
}

/** The lossy network, with what a simulation needs to know of it. */
export class Network implements LossyNetwork {
  readonly #links: Links;
  readonly #medium: NetworkContext;
  readonly #stations = new Map<string, NodeConnection>();

  constructor(options: LossyNetworkOptions) {
    assertOptionsObject(options);
    const { clock = systemClock, random = Math.random, conditions = {}, ...unknown } = options;
    assertNoUnknownOptions(unknown, { clock, random, conditions });
    assertConditions(conditions);
    this.#links = new Links(random);
    this.#links.conditions = { ...GOOD_CONDITIONS, ...conditions };
    this.#medium = { clock, links: this.#links };
  }

  get counts(): Readonly<NetworkCounts> {
    return this.#links.counts;
  }

  get conditions(): NetworkConditions {
    return this.#links.conditions;
  }

  wrap(name: string, inner: PubSub): PubSub {
    assertPubSub(inner);
    return new NetworkPubSub(this.#medium, this.#station(name), inner);
  }

  setConditions(conditions: Partial<NetworkConditions>): void {
    assertConditions(conditions);
    this.#links.setAll(conditions);
  }

  setLink(from: string, to: string, conditions: Partial<NetworkConditions>): void {
    assertConditions(conditions);
    this.#links.setLink(from, to, conditions);
  }

  cut(from: string, to: string): void {
    this.#links.cut(from, to);
  }

  isolate(name: string): void {
    this.#between(name, (from, to) => this.#links.cut(from, to));
  }

  partition(...groups: readonly (readonly string[])[]): void {
    for (const [at, group] of groups.entries()) {
      const rest = groups.filter((_, other) => other !== at).flat();
      for (const from of group) for (const to of rest) this.#links.cut(from, to);
    }
  }

  disconnect(name: string, outage: Outage = {}): void {
    this.#station(name).disconnect(outage);
  }

  reconnect(name: string): void {
    this.#station(name).reconnect();
  }

  deafen(name: string): void {
    this.#station(name).deafen();
  }

  heal(from?: string, to?: string): void {
    if (from === undefined) {
      this.#links.healAll();
      for (const station of this.#stations.values()) station.reconnect();
    } else if (to === undefined) {
      this.#links.heal(from, from);
      this.#between(from, (one, other) => this.#links.heal(one, other));
      this.reconnect(from);
    } else {
      this.#links.heal(from, to);
    }
  }

  /** Whether a node has no connection. */
  isDisconnected(name: string): boolean {
    return this.#station(name).isDisconnected;
  }

  /** Whether a node hears what is meant for it, itself too. */
  canHear(name: string): boolean {
    const station = this.#station(name);
    return !station.isDisconnected && !station.isDeaf && !this.#links.isCut(name, name);
  }

  /** Whether a node was told that its connection is lost. */
  reportsDisconnected(name: string): boolean {
    return this.#station(name).reportsDisconnected;
  }

  /** Whether all that one node sends reaches the other, as far as the way between them goes. */
  isOpen(from: string, to: string): boolean {
    return this.#links.isOpen(from, to);
  }

  #station(name: string): NodeConnection {
    const known = this.#stations.get(name);
    if (known !== undefined) return known;
    const made = new NodeConnection(name);
    this.#stations.set(name, made);
    return made;
  }

  #between(name: string, change: (from: string, to: string) => void): void {
    for (const other of this.#stations.keys()) {
      if (other === name) continue;
      change(name, other);
      change(other, name);
    }
  }
}
