import type { PubSub } from "../../pubsub/pubsub.ts";
import type { Clock } from "../../time/clock.ts";
import type { NetworkConditions } from "./conditions.ts";
import type { NetworkCounts } from "./links.ts";
import type { Outage } from "./node-connection.ts";

/**
 * What a lossy network is made with.
 *
 * @example
 * const options: LossyNetworkOptions = { clock: manualClock(), random: seededRandom(7) };
 */
export interface LossyNetworkOptions {
  /** What delays are measured by. @defaultValue systemClock */
  clock?: Clock;
  /** Where chance comes from. @defaultValue Math.random */
  random?: () => number;
  /** How every link is at first. @defaultValue a network that does nothing to what it carries */
  conditions?: Partial<NetworkConditions>;
}

/**
 * A network between the nodes of a cluster that does what networks do. Each node's pub/sub is wrapped under the
 * node's name; what happens to a message is decided where it is heard.
 *
 * @example
 * const network: LossyNetwork = lossyNetwork({ conditions: { lossRate: 0.1 } });
 */
export interface LossyNetwork {
  /**
   * A pub/sub that sends and hears through this network. Every node of the cluster must be wrapped, also those of other
   * processes (by a network of their own): messages are stamped with their sender's name, a few bytes each.
   *
   * @throws {InvalidArgumentError} when the name is not of 1 to 255 bytes, or `inner` no pub/sub; it is a `TypeError`.
   * @example const pubsub = network.wrap("tokyo", redisPubSub({ publisher, subscriber }));
   */
  wrap(name: string, inner: PubSub): PubSub;
  /**
   * Changes the conditions of every link; what is not named stays as it is. Links that `setLink` set follow too.
   * @example network.setConditions({ lossRate: 0.3, duplicateRate: 0.1 });
   */
  setConditions(conditions: Partial<NetworkConditions>): void;
  /**
   * Changes the conditions of one link in one direction.
   * @example network.setLink("tokyo", "paris", { delayMs: [200, 2_000] });
   */
  setLink(from: string, to: string, conditions: Partial<NetworkConditions>): void;
  /**
   * From now on nothing that `from` sends reaches `to`; the other direction is not touched. What is under way arrives.
   * @example network.cut("tokyo", "paris"); // paris no longer hears tokyo
   */
  cut(from: string, to: string): void;
  /**
   * Cuts both directions between a node and all others that were wrapped here so far. It goes on hearing itself.
   * @example network.isolate("paris");
   */
  isolate(name: string): void;
  /**
   * Cuts both directions between nodes of different groups.
   * @example network.partition(["tokyo", "osaka"], ["paris"]);
   */
  partition(...groups: readonly (readonly string[])[]): void;
  /**
   * Cuts a node off from the broker: it reaches nobody and hears nobody, itself neither.
   * @example network.disconnect("tokyo", { told: false, publishThrows: false }); // and nobody tells it
   */
  disconnect(name: string, outage?: Outage): void;
  /**
   * Ends `disconnect`. What was sent meanwhile is lost.
   * @example network.reconnect("tokyo");
   */
  reconnect(name: string): void;
  /**
   * Loses a node's subscriptions without a word: it hears nothing until it subscribes anew.
   * @example network.deafen("tokyo");
   */
  deafen(name: string): void;
  /**
   * Mends one cut, one node's cuts, or all cuts and outages. Conditions stay as they are.
   * @example network.heal();
   */
  heal(from?: string, to?: string): void;
  /** What happened to messages so far, and how often. */
  readonly counts: Readonly<NetworkCounts>;
}
