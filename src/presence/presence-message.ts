import { reasonOf } from "../checks/reason-of.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { State } from "../payload.ts";

/**
 * A message to a subscriber: first a state, then every diff after it. `String(message)` is its JSON text, which is made once
 * for all subscribers.
 *
 * @example
 * presence.subscribe("lobby", (message) => socket.send(String(message)));
 */
export type PresenceMessage<P extends object = State> = StateMessage<P> | DiffMessage<P>;

/**
 * All presences of a topic, as `fetch` projects them. It replaces all earlier messages.
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
 * The joins and leaves of a topic, as `fetch` projects them.
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
 * The joins and the leaves of a topic. `fetch` projects each of them by itself.
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
      `The projection of fetch can't become JSON: ${reasonOf(cause)}. Return plain objects, arrays, strings and ` +
        "numbers from fetch, or make the text from the message's payload yourself.",
      { cause },
    );
  }
}
