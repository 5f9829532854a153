/** A client that waits for `connect`. */
export interface PendingConnect {
  /** Whether this id was disconnected since the client began to wait. */
  wasDisconnected(id: string | undefined): boolean;
  /** The client waits no more. */
  end(): void;
}

/**
 * Remembers the ids that were disconnected while clients wait for `connect`. Such a client may have been let in by what is no longer
 * true: it gets an id that was logged out in the meantime.
 */
export class PendingDisconnects {
  /** How many disconnects there were when each waiting client began to wait, the first client first. */
  readonly #waiting = new Map<PendingConnect, number>();
  /** The number of the last disconnect of each id, the earliest first. */
  readonly #lastOf = new Map<string, number>();
  #count = 0;

  begin(): PendingConnect {
    const begin = this.#count;
    const pending: PendingConnect = {
      wasDisconnected: (id) => id !== undefined && (this.#lastOf.get(id) ?? 0) > begin,
      end: () => {
        this.#waiting.delete(pending);
        this.#forget();
      },
    };
    this.#waiting.set(pending, begin);
    return pending;
  }

  disconnect(id: string): void {
    if (this.#waiting.size === 0) return;
    // Delete it first: this moves it to the end of the map.
    this.#lastOf.delete(id);
    this.#lastOf.set(id, ++this.#count);
  }

  /** Forgets the disconnects from before all waiting clients. */
  #forget(): void {
    const [oldest = this.#count] = this.#waiting.values();
    for (const [id, number] of this.#lastOf) {
      if (number > oldest) return;
      this.#lastOf.delete(id);
    }
  }
}
