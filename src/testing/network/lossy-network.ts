import { assertNoUnknownOptions, assertOptionsObject } from "../../checks/check-argument.ts";
import { assertPubSub } from "../../checks/check-pubsub.ts";
import type { PubSub } from "../../pubsub/pubsub.ts";
import { type Clock, systemClock } from "../../time/clock.ts";
import { assertConditions, GOOD_CONDITIONS, type NetworkConditions } from "./conditions.ts";
import { Links, type NetworkCounts } from "./links.ts";
import { type NetworkContext, NetworkPubSub } from "./network-pubsub.ts";
import { NodeConnection, type Outage } from "./node-connection.ts";

/**
 * Options of `lossyNetwork`.
 *
 * @example
 * const options: LossyNetworkOptions = { clock: manualClock(), random: seededRandom(7) };
 */
export interface LossyNetworkOptions {
  /** The clock that delays are measured with. @defaultValue systemClock */
  clock?: Clock;
  /** Decides which messages are lost, repeated or delayed. @defaultValue Math.random */
  random?: () => number;
  /** The conditions of every link at the start. @defaultValue no loss, no delay, no duplicates */
  conditions?: Partial<NetworkConditions>;
}

/**
 * A network between the nodes of a cluster that loses, delays, repeats and reorders messages. Wrap the pub/sub of each
 * node under the node's name. The receiving side decides what happens to a message.
 *
 * @example
 * const network: LossyNetwork = lossyNetwork({ conditions: { lossRate: 0.1 } });
 */
export interface LossyNetwork {
  /**
   * Makes a pub/sub that sends and receives through this network. Wrap every node of the cluster, including those of
   * other processes (each process by a network of its own): a message carries the name of its sender in a few extra
   * bytes, and messages without it are dropped.
   *
   * @throws {InvalidArgumentError} unless the name has 1 to 255 bytes and `inner` is a pub/sub; it is a `TypeError`.
   * @example const pubsub = network.wrap("tokyo", redisPubSub({ publisher, subscriber }));
   */
  wrap(name: string, inner: PubSub): PubSub;
  /**
   * Changes the given conditions on every link, including those that `setLink` changed.
   * @example network.setConditions({ lossRate: 0.3, duplicateRate: 0.1 });
   */
  setConditions(conditions: Partial<NetworkConditions>): void;
  /**
   * Changes the conditions of one link in one direction.
   * @example network.setLink("tokyo", "paris", { delayMs: [200, 2_000] });
   */
  setLink(from: string, to: string, conditions: Partial<NetworkConditions>): void;
  /**
   * Cuts one direction: messages that `from` sends from now on do not reach `to`. Messages that are already on their way
   * arrive, and the other direction keeps working.
   * @example network.cut("tokyo", "paris"); // paris no longer receives from tokyo
   */
  cut(from: string, to: string): void;
  /**
   * Cuts both directions between a node and all nodes that were wrapped so far. The node still receives its own messages.
   * @example network.isolate("paris");
   */
  isolate(name: string): void;
  /**
   * Cuts both directions between nodes of different groups.
   * @example network.partition(["tokyo", "osaka"], ["paris"]);
   */
  partition(...groups: readonly (readonly string[])[]): void;
  /**
   * Disconnects a node from the broker: it sends and receives nothing, not even its own messages.
   * @example network.disconnect("tokyo", { told: false, publishThrows: false }); // a connection that hangs
   */
  disconnect(name: string, outage?: Outage): void;
  /**
   * Ends `disconnect`. Messages from the time of the outage are lost.
   * @example network.reconnect("tokyo");
   */
  reconnect(name: string): void;
  /**
   * Drops a node's subscriptions without telling it: it receives nothing until it subscribes again.
   * @example network.deafen("tokyo");
   */
  deafen(name: string): void;
  /**
   * Ends cuts and outages: those of one direction, of one node, or all. Conditions stay as they are.
   * @example network.heal();
   */
  heal(from?: string, to?: string): void;
  /** How many messages were delivered, lost, delayed and so on. */
  readonly counts: Readonly<NetworkCounts>;
}

/**
 * Makes a network that loses, duplicates, delays and reorders messages, cuts links and fails, around any driver.
 *
 * @throws {InvalidArgumentError} for a wrong or unknown option; it is a `TypeError`.
 * @example
 * const network = lossyNetwork({ conditions: { lossRate: 0.2, delayMs: [0, 50] } });
 * const bus = memoryPubSub();
 * const tokyo = await createTracker({ pubsub: network.wrap("tokyo", bus) });
 * const paris = await createTracker({ pubsub: network.wrap("paris", bus) });
 * network.cut("tokyo", "paris");
 */
export function lossyNetwork(options: LossyNetworkOptions = {}): LossyNetwork {
  return new SimulatedNetwork(options);
}

/** The lossy network, with the state that a simulation reads. */
export class SimulatedNetwork implements LossyNetwork {
  readonly #links: Links;
  readonly #context: NetworkContext;
  readonly #connections = new Map<string, NodeConnection>();

  constructor(options: LossyNetworkOptions) {
    assertOptionsObject(options);
    const { clock = systemClock, random = Math.random, conditions = {}, ...unknown } = options;
    assertNoUnknownOptions(unknown, { clock, random, conditions });
    assertConditions(conditions);
    this.#links = new Links(random);
    this.#links.conditions = { ...GOOD_CONDITIONS, ...conditions };
    this.#context = { clock, links: this.#links };
  }

  get counts(): Readonly<NetworkCounts> {
    return this.#links.counts;
  }

  get conditions(): NetworkConditions {
    return this.#links.conditions;
  }

  /** When all messages that were sent so far have arrived, late ones and copies included, in ms of the clock. */
  get allArrivedAt(): number {
    return this.#links.allArrivedAt;
  }

  wrap(name: string, inner: PubSub): PubSub {
    assertPubSub(inner);
    return new NetworkPubSub(this.#context, this.#connection(name), inner);
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
    this.#forEachDirection(name, (from, to) => this.#links.cut(from, to));
  }

  partition(...groups: readonly (readonly string[])[]): void {
    for (const [index, group] of groups.entries()) {
      const rest = groups.filter((_, other) => other !== index).flat();
      for (const from of group) for (const to of rest) this.#links.cut(from, to);
    }
  }

  disconnect(name: string, outage: Outage = {}): void {
    this.#connection(name).disconnect(outage);
  }

  reconnect(name: string): void {
    this.#connection(name).reconnect();
  }

  deafen(name: string): void {
    this.#connection(name).deafen();
  }

  heal(from?: string, to?: string): void {
    if (from === undefined) {
      this.#links.healAll();
      for (const connection of this.#connections.values()) connection.reconnect();
    } else if (to === undefined) {
      this.#links.heal(from, from);
      this.#forEachDirection(from, (one, other) => this.#links.heal(one, other));
      this.reconnect(from);
    } else {
      this.#links.heal(from, to);
    }
  }

  /** The longest delay of one link, or of all links without conditions of their own. Late messages take longer. */
  longestDelayMs(from?: string, to?: string): number {
    const isOne = from !== undefined && to !== undefined;
    return (isOne ? this.#links.conditionsOf(from, to) : this.conditions).delayMs[1];
  }

  /** Whether a node has no connection to the broker. */
  isDisconnected(name: string): boolean {
    return this.#connection(name).isDisconnected;
  }

  /** Whether a node receives messages, its own included. */
  canHear(name: string): boolean {
    const connection = this.#connection(name);
    return !connection.isDisconnected && !connection.isDeaf && !this.#links.isCut(name, name);
  }

  /** Whether the pub/sub of a node reports that the connection is lost. */
  reportsDisconnected(name: string): boolean {
    return this.#connection(name).reportsDisconnected;
  }

  /** Whether the link delivers every message from one node to the other in time. */
  isOpen(from: string, to: string): boolean {
    return this.#links.isOpen(from, to);
  }

  #connection(name: string): NodeConnection {
    const known = this.#connections.get(name);
    if (known !== undefined) return known;
    const added = new NodeConnection(name);
    this.#connections.set(name, added);
    return added;
  }

  #forEachDirection(name: string, change: (from: string, to: string) => void): void {
    for (const other of this.#connections.keys()) {
      if (other === name) continue;
      change(name, other);
      change(other, name);
    }
  }
}
