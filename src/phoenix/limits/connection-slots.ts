/** Both are counted over open connections and those that wait for `connect`. */
export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

/** Counts the connections of an endpoint, in total and by address. */
export class ConnectionSlots {
  readonly #limits: ConnectionLimits;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Takes a place, and returns the function that gives it back; or returns the limit that is reached. */
  take(addressOf: () => string): (() => void) | keyof ConnectionLimits {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    if (this.#total >= maxConnections) return "maxConnections";
    // Without a limit, the address does not matter, and need not be read.
    const address = maxConnectionsPerAddress === Number.POSITIVE_INFINITY ? undefined : addressOf();
    if (address !== undefined) {
      const count = this.#byAddress.get(address) ?? 0;
      if (count >= maxConnectionsPerAddress) return "maxConnectionsPerAddress";
      this.#byAddress.set(address, count + 1);
    }
    this.#total++;
    return this.#release(address);
  }

  #release(address: string | undefined): () => void {
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#total--;
      if (address === undefined) return;
      const count = this.#byAddress.get(address)! - 1;
      if (count > 0) this.#byAddress.set(address, count);
      else this.#byAddress.delete(address);
    };
  }
}
