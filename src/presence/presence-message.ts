import { InvalidArgumentError } from "../errors.ts";
import type { State } from "../payload.ts";

/**
 * What a subscriber gets: first a state, then every diff after it. Its `String` is its JSON text, made once however many
 * subscribers send it.
 *
 * @example
 * presence.subscribe("lobby", (message) => socket.send(String(message)));
 */
export type PresenceMessage<P extends object = State> = StateMessage<P> | DiffMessage<P>;

/**
 * All presences of a topic, as `fetch` projects them. It takes the place of all that came before.
 *
 * @example
 * if (message.event === "presence_state") render(message.payload);
 */
export interface StateMessage<P extends object = State> {
  readonly event: "presence_state";
  readonly payload: P;
  /** The JSON text of `event` and `payload`. */
  toString(): string;
}

/**
 * What changed in a topic, as `fetch` projects it.
 *
 * @example
 * if (message.event === "presence_diff") apply(message.payload.joins, message.payload.leaves);
 */
export interface DiffMessage<P extends object = State> {
  readonly event: "presence_diff";
  readonly payload: ProjectedChange<P>;
  /** The JSON text of `event` and `payload`. */
  toString(): string;
}

/**
 * The joins and the leaves of a topic, as `fetch` projects each of them.
 *
 * @example
 * const change: ProjectedChange<{ readers: { count: number } }> = {
 *   joins: { readers: { count: 1 } },
 *   leaves: { readers: { count: 0 } },
 * };
 */
export interface ProjectedChange<P extends object = State> {
  readonly joins: P;
  readonly leaves: P;
}

export function stateMessage<P extends object>(payload: P): StateMessage<P> {
  return new FrozenMessage("presence_state", payload);
}

export function diffMessage<P extends object>(payload: ProjectedChange<P>): DiffMessage<P> {
  return new FrozenMessage("presence_diff", Object.freeze(payload));
}

class FrozenMessage<Event extends string, Payload extends object> {
  readonly event: Event;
  readonly payload: Payload;
  #text: string | undefined = undefined;

  constructor(event: Event, payload: Payload) {
    this.event = event;
    this.payload = payload;
    Object.freeze(this);
  }

  toString(): string {
    this.#text ??= jsonTextOf(this);
    return this.#text;
  }
}

function jsonTextOf(message: object): string {
  try {
    return JSON.stringify(message);
  } catch (cause) {
    throw new InvalidArgumentError(
      `What fetch gave can't be put into JSON: ${(cause as Error).message}. Have it give plain objects, arrays, strings ` +
        "and numbers, or make the text yourself of the message's payload.",
      { cause },
    );
  }
}
