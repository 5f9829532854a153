import type { Channel } from "phoenix";
import type { PresenceChannel } from "../../src/client/index.ts";

/** As much of a channel as presence needs: who listens, and which join this is. */
export class FakeChannel implements PresenceChannel {
  readonly #callbacks: [event: string, callback: (payload: never) => void][] = [];
  #join = 0;

  on(event: string, callback: (payload: never) => void): number {
    return this.#callbacks.push([event, callback]);
  }

  /** As that of `phoenix`: text, and none before the first join. */
  joinRef(): string | undefined {
    return this.#join ? `${this.#join}` : undefined;
  }

  rejoin(): void {
    this.#join++;
  }

  push(event: string, payload: unknown): void {
    for (const [wanted, callback] of this.#callbacks) if (wanted === event) callback(payload as never);
  }

  /** The types of `phoenix` ask for a whole one. */
  asPhoenix(): Channel {
    return this as unknown as Channel;
  }
}
