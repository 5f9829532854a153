import { assertNodeName, senderPrefix } from "./message-stamp.ts";

/**
 * How an outage shows: see `LossyNetwork.disconnect`.
 *
 * @example
 * const unnoticed: Outage = { told: false, publishThrows: false };
 */
export interface Outage {
  /** Whether `watchConnection` tells of it. @defaultValue true */
  told?: boolean;
  /** Whether `publish` throws meanwhile; else what is published vanishes. @defaultValue true */
  publishThrows?: boolean;
}

/** A subscription of a node; after `deafen` it goes on in name only. */
export interface NodeSubscription {
  isDeaf: boolean;
}

/** One node's link to the broker, shared by all that was wrapped under its name. */
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
    for (const ear of this.subscriptions) if (ear.isDeaf) return true;
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
    const wasTold = this.reportsDisconnected;
    // Who was told once is not told that all is well.
    this.#outage = { told: told || wasTold, publishThrows };
    if (told && !wasTold) this.#tell(false);
  }

  reconnect(): void {
    const wasTold = this.reportsDisconnected;
    this.#outage = undefined;
    if (wasTold) this.#tell(true);
  }

  deafen(): void {
    for (const ear of this.subscriptions) ear.isDeaf = true;
  }

  #tell(isConnected: boolean): void {
    for (const watcher of [...this.watchers]) watcher(isConnected);
  }
}
