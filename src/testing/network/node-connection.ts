import { assertNodeName, senderPrefix } from "./message-stamp.ts";

/**
 * How an outage shows at the node. See `LossyNetwork.disconnect`.
 *
 * @example
 * const hangs: Outage = { told: false, publishThrows: false };
 */
export interface Outage {
  /** Whether the pub/sub reports the outage to the listeners of `watchConnection`. @defaultValue true */
  told?: boolean;
  /** Whether `publish` throws during the outage. Otherwise messages are lost without an error. @defaultValue true */
  publishThrows?: boolean;
}

/** A subscription of a node. After `deafen` it receives nothing. */
export interface NodeSubscription {
  isDeaf: boolean;
}

/** One node's connection to the broker, shared by all pub/subs that were wrapped under the node's name. */
export class NodeConnection {
  readonly name: string;
  readonly senderPrefix: Uint8Array;
  readonly subscriptions: Set<NodeSubscription> = new Set();
  readonly watchers: Set<(isConnected: boolean) => void> = new Set();
  #outage: Required<Outage> | undefined;
  #published = 0;

  constructor(name: string) {
    assertNodeName(name);
    this.name = name;
    this.senderPrefix = senderPrefix(name);
  }

  get isDisconnected(): boolean {
    return this.#outage !== undefined;
  }

  get isDeaf(): boolean {
    for (const subscription of this.subscriptions) if (subscription.isDeaf) return true;
    return this.subscriptions.size === 0;
  }

  get reportsDisconnected(): boolean {
    return this.#outage?.told ?? false;
  }

  get publishThrows(): boolean {
    return this.#outage?.publishThrows ?? false;
  }

  nextMessageNumber(): number {
    return this.#published++;
  }

  disconnect({ told = true, publishThrows = true }: Outage): void {
    const wasReported = this.reportsDisconnected;
    // A second, silent outage does not take back the report of the first.
    this.#outage = { told: told || wasReported, publishThrows };
    if (told && !wasReported) this.#notifyWatchers(false);
  }

  reconnect(): void {
    const wasReported = this.reportsDisconnected;
    this.#outage = undefined;
    if (wasReported) this.#notifyWatchers(true);
  }

  deafen(): void {
    for (const subscription of this.subscriptions) subscription.isDeaf = true;
  }

  #notifyWatchers(isConnected: boolean): void {
    for (const watcher of [...this.watchers]) watcher(isConnected);
  }
}
