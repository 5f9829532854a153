import type { Channel } from "phoenix";
import type { PresenceChannel } from "../../src/client/index.ts";

type Callback = (payload: never, ref?: unknown, joinRef?: unknown) => void;

/** A Phoenix channel, reduced to what a presence client uses: listeners and the ref of the current join. */
export class FakeChannel implements PresenceChannel {
  #callbacks: { readonly event: string; readonly ref: number; readonly callback: Callback }[] = [];
  #lastRef = 0;
  #join = 0;

  on(event: string, callback: Callback): number {
    const ref = this.#lastRef++;
    this.#callbacks.push({ event, ref, callback });
    return ref;
  }

  off(event: string, ref?: number): void {
    this.#callbacks = this.#callbacks.filter(
      (each) => each.event !== event || (ref !== undefined && each.ref !== ref),
    );
  }

  get listenerCount(): number {
    return this.#callbacks.length;
  }

  /** A string, or `undefined` before the first join, as in `phoenix`. */
  joinRef(): string | undefined {
    return this.#join ? `${this.#join}` : undefined;
  }

  rejoin(): void {
    this.#join++;
  }

  /** Calls the listeners, as `phoenix` does: with the ref of the message, and of the join if the message has one. */
  push(event: string, payload: unknown, joinRef: unknown = this.joinRef()): void {
    for (const { event: name, callback } of this.#callbacks) {
      if (name === event) callback(payload as never, null, joinRef);
    }
  }

  /** The types of `phoenix` require a complete channel. */
  asPhoenix(): Channel {
    return this as unknown as Channel;
  }
}
