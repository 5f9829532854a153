import type { Channel } from "phoenix";
import type { PresenceChannel } from "../../src/client/index.ts";

/** A Phoenix channel, reduced to what a presence client uses: listeners and the ref of the current join. */
export class FakeChannel implements PresenceChannel {
  readonly #callbacks: [event: string, callback: (payload: never) => void][] = [];
  #join = 0;

  on(event: string, callback: (payload: never) => void): number {
    return this.#callbacks.push([event, callback]);
  }

  /** A string, or `undefined` before the first join, as in `phoenix`. */
  joinRef(): string | undefined {
    return this.#join ? `${this.#join}` : undefined;
  }

  rejoin(): void {
    this.#join++;
  }

  push(event: string, payload: unknown): void {
    for (const [name, callback] of this.#callbacks) if (name === event) callback(payload as never);
  }

  /** The types of `phoenix` require a complete channel. */
  asPhoenix(): Channel {
    return this as unknown as Channel;
  }
}
